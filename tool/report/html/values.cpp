// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/values.h"

#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "report/words/paint.h"

namespace blkhang {

Json clean_values(const Json& values) {  // NOLINT(misc-no-recursion): as deep as what we build ourselves
    if (values.is_string()) {
        return printable_lines(values.get_ref<const std::string&>());
    }
    if (!values.is_structured()) {
        return values;
    }
    Json result = values.is_array() ? Json::array() : Json::object();
    for (const auto& [key, value] : values.items()) {
        if (values.is_array()) {
            result.push_back(clean_values(value));
        } else {
            result[key] = clean_values(value);
        }
    }
    return result;
}

std::string_view tone_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::hang:
        case Verdict::hazard:
            return "bad";
        case Verdict::clean:
            return "good";
        default:
            return "open";
    }
}

std::string shouted(std::string_view verdict) {
    std::string text(verdict);
    for (char& c : text) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

}  // namespace blkhang
