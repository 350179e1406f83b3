// SPDX-License-Identifier: GPL-2.0-only
#include "record/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace blkhang {
namespace {

/// None of our files nests deeper than ten. Each level that the parser opens costs memory, in a hostile file many
/// times the level's one byte.
constexpr std::size_t kDeepest = 32;

std::size_t depth(std::string_view json) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            i += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

/// "line 3, column 7"; the first `bytes` have been read.
std::string place(std::string_view text, std::size_t bytes) {
    const auto read = text.substr(0, bytes);
    const auto line_begins = read.rfind('\n') + 1;  // 0 when there is none
    return fmt::format("line {}, column {}", std::count(read.begin(), read.end(), '\n') + 1,
                       std::max<std::size_t>(read.size() - line_begins, 1));
}

Status check_schema(const nlohmann::ordered_json& json, const FileKind& kind) {
    const auto found = json.is_object() ? json.find("schema") : json.end();
    if (found == json.end() || !found->is_string()) {
        return fail(Fault::usage, fmt::format("not a {} of blkhang: it has no member \"schema\"", kind.name));
    }
    const std::string& schema = found->get_ref<const std::string&>();
    if (schema == kind.schema) {
        return {};
    }
    const auto family = kind.schema.substr(0, kind.schema.rfind('/') + 1);
    int version = 0;
    const bool ours =
        schema.starts_with(family) &&
        std::from_chars(schema.data() + family.size(), schema.data() + schema.size(), version).ec == std::errc{};
    if (!ours) {
        return fail(Fault::usage, fmt::format("not a {} of blkhang: its schema is \"{}\"", kind.name, schema));
    }
    return fail(Error(Fault::usage, fmt::format("the {} is {}, this blkhang reads {}", kind.name, schema, kind.schema))
                    .hint(version < 1 ? std::string(kind.remake) : "read it with the newer blkhang that made it"));
}

}  // namespace

Error damaged(const FileKind& kind, std::string_view what) {
    return Error(Fault::usage, fmt::format("damaged {}: {}", kind.name, what)).hint(std::string(kind.rescue));
}

Result<nlohmann::ordered_json> parse(std::string_view text, const FileKind& kind) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return fail(damaged(kind, "it is empty"));
    }
    if (const auto levels = depth(text); levels > kDeepest) {
        return fail(damaged(kind, fmt::format("it nests {} deep, far beyond what blkhang writes", levels)));
    }
    try {
        auto json = nlohmann::ordered_json::parse(text);
        if (auto status = check_schema(json, kind); !status) {
            return fail(std::move(status).error());
        }
        return json;
    } catch (const nlohmann::json::parse_error& error) {
        const std::string where = place(text, error.byte);
        return fail(damaged(kind, error.byte > text.size() ? fmt::format("not JSON, it was cut short at {}", where)
                                                           : fmt::format("not JSON (in UTF-8) from {} on", where)));
    } catch (const nlohmann::json::out_of_range&) {
        return fail(damaged(kind, "it holds a number beyond all bounds"));
    }
}

}  // namespace blkhang
