// SPDX-License-Identifier: GPL-2.0-only
#include "record/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace blkhang {

bool JsonWeight::is_too_much() const { return depth > limits::kJsonDepth || values > limits::kJsonValues; }

JsonWeight weight_of(std::string_view json) {
    JsonWeight weight;
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            i += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            weight.depth = std::max(weight.depth, ++depth);
            ++weight.values;
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        } else if (c == ',') {
            ++weight.values;
        }
    }
    return weight;
}

Json parse_json(std::string_view text) {
    return weight_of(text).is_too_much() ? Json(Json::value_t::discarded) : Json::parse(text, nullptr, false);
}

}  // namespace blkhang
