// SPDX-License-Identifier: GPL-2.0-only
#include "mutate.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace blkhang::fuzz {
namespace {

using Json = nlohmann::ordered_json;

std::size_t pick(Random& random, std::size_t count) { return random() % count; }

/// One of the value and all that is in it.
Json& somewhere(Json& json, Random& random) {
    Json* at = &json;
    while (at->is_structured() && !at->empty() && pick(random, 8) != 0) {
        at = &*std::next(at->begin(), static_cast<std::ptrdiff_t>(pick(random, at->size())));
    }
    return *at;
}

/// Numbers at which something may change its mind.
Json number(const Json& old, Random& random) {
    switch (pick(random, 9)) {
        case 0:
            return 0;
        case 1:
            return -1;
        case 2:
            return 1;
        case 3:
            return INT32_MAX;
        case 4:
            return UINT64_MAX;
        case 5:
            return INT64_MIN;
        case 6:
            return 1e300;
        case 7:
            return old.is_number_float() ? Json(old.get<double>() * 1000) : Json(old.get<std::uint64_t>() * 1000);
        default:
            return old.is_number_float() ? Json(old.get<double>() + 1) : Json(old.get<std::uint64_t>() + random());
    }
}

void change_member(Json& parent, Random& random) {
    const auto at = std::next(parent.begin(), static_cast<std::ptrdiff_t>(pick(random, parent.size())));
    const auto other = std::next(parent.begin(), static_cast<std::ptrdiff_t>(pick(random, parent.size())));
    switch (pick(random, 3)) {
        case 0:
            parent.erase(at);
            break;
        case 1:
            std::swap(*at, *other);
            break;
        default:
            if (parent.is_array()) {
                const Json copy = *at;
                parent.insert(other, copy);
            } else {
                *at = Json(*other);
            }
    }
}

void change(Json& json, Random& random, const MutateBytes& mutate_bytes) {
    Json& at = somewhere(json, random);
    if (at.is_structured() && !at.empty()) {
        change_member(at, random);
    } else if (at.is_string()) {
        at = mutate_bytes(at.get<std::string>());
    } else if (at.is_number()) {
        at = number(at, random);
    } else if (at.is_boolean()) {
        at = !at.get<bool>();
    } else if (at.is_array()) {
        at.push_back("");
    }
}

std::string changed_json(std::string_view text, Random& random, const MutateBytes& mutate_bytes) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        return mutate_bytes(std::string(text));
    }
    for (std::size_t times = 1 + pick(random, 3); times > 0; --times) {
        change(json, random, mutate_bytes);
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::ignore);
}

std::string changed_lines(std::string_view text, Random& random, const MutateBytes& mutate_bytes,
                          const std::function<std::string(std::string_view)>& changed_line) {
    std::vector<std::string> lines;
    each_line(text, [&](std::string_view line) { lines.emplace_back(line); });
    if (lines.empty()) {
        return mutate_bytes(std::string(text));
    }
    const auto at = lines.begin() + static_cast<std::ptrdiff_t>(pick(random, lines.size()));
    const auto other = lines.begin() + static_cast<std::ptrdiff_t>(pick(random, lines.size()));
    switch (pick(random, 8)) {
        case 0:
            lines.erase(at);
            break;
        case 1:
            std::swap(*at, *other);
            break;
        case 2:
        case 3: {
            const std::string copy = *at;
            lines.insert(other, copy);
            break;
        }
        case 4:  // the end may come anywhere
            lines.erase(at, lines.end());
            break;
        default:
            *at = changed_line(*at);
    }
    std::string result;
    for (const auto& line : lines) {
        result += line + "\n";
    }
    return result;
}

}  // namespace

std::string mutated(std::string_view input, Shape shape, Random& random, const MutateBytes& mutate_bytes) {
    const auto change_json = [&](std::string_view text) { return changed_json(text, random, mutate_bytes); };
    const auto change_bytes = [&](std::string_view text) { return mutate_bytes(std::string(text)); };
    const bool plain = pick(random, 4) == 0;
    if (shape == Shape::bytes || plain) {
        return change_bytes(input);
    }
    if (shape == Shape::json) {
        return change_json(input);
    }
    return shape == Shape::json_lines ? changed_lines(input, random, mutate_bytes, change_json)
                                      : changed_lines(input, random, mutate_bytes, change_bytes);
}

}  // namespace blkhang::fuzz
