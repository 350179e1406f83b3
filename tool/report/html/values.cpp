// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/values.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "report/words/paint.h"
#include "report/words/stack_notes.h"

namespace blkhang {

Json clean_values(Json values) {  // NOLINT(misc-no-recursion): as deep as what we build ourselves
    if (values.is_string()) {
        return printable_lines(values.get_ref<const std::string&>());
    }
    for (auto& value : values) {
        if (value.is_structured() || value.is_string()) {
            value = clean_values(std::move(value));
        }
    }
    return values;
}

Json noted_lines(const Record::Task& task) {
    Json lines = Json::array();
    for (const auto& line : noted_view(task)) {
        lines.push_back({{"text", line.text},
                         {"allocator", line.allocator},
                         {"note", line.note.empty() ? Json(false) : Json(line.note)}});
    }
    return lines;
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

std::string link_to(std::string_view path) {
    std::string result;
    for (const char c : path) {
        const bool is_plain = ascii::is_alnum(c) || std::string_view("-_.~/").find(c) != std::string_view::npos;
        result += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

std::string shouted(std::string_view verdict) {
    std::string text(verdict);
    for (char& c : text) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

}  // namespace blkhang
