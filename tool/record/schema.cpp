// SPDX-License-Identifier: GPL-2.0-only
#include "record/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/number.h"

namespace blkhang {
namespace {

/// "line 3, column 7"; the first `bytes` have been read.
std::string place(std::string_view text, std::size_t bytes) {
    const auto read = text.substr(0, bytes);
    const auto line_begins = read.rfind('\n') + 1;  // 0 when there is none
    return fmt::format("line {}, column {}", std::count(read.begin(), read.end(), '\n') + 1,
                       std::max<std::size_t>(read.size() - line_begins, 1));
}

/// The number behind "blkhang-thing/", in a schema of that family.
std::optional<unsigned> version_in(std::string_view schema, std::string_view family) {
    return schema.starts_with(family) ? number_in<unsigned>(schema.substr(family.size())) : std::nullopt;
}

Status check_schema(const Json& json, const FileKind& kind) {
    const auto found = json.is_object() ? json.find("schema") : json.end();
    if (found == json.end() || !found->is_string()) {
        return fail(Fault::usage, fmt::format("not a {} of blkhang: it has no member \"schema\"", kind.name));
    }
    const std::string& schema = found->get_ref<const std::string&>();
    if (schema == kind.schema) {
        return {};
    }
    constexpr std::size_t kQuoted = 60;
    const auto family = kind.schema.substr(0, kind.schema.rfind('/') + 1);
    const auto version = version_in(schema, family);
    if (!version) {
        return fail(Fault::usage,
                    fmt::format("not a {} of blkhang: its schema is \"{}\"", kind.name, schema.substr(0, kQuoted)));
    }
    return fail(Error(Fault::usage, fmt::format("the {} is {}, this blkhang reads {}", kind.name, schema, kind.schema))
                    .hint(version < version_in(kind.schema, family) ? std::string(kind.remake)
                                                                    : "read it with the newer blkhang that made it"));
}

}  // namespace

Error damaged(const FileKind& kind, std::string_view what) {
    return Error(Fault::usage, fmt::format("damaged {}: {}", kind.name, what)).hint(std::string(kind.rescue));
}

Result<Json> parse(std::string_view text, const FileKind& kind) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return fail(damaged(kind, "it is empty"));
    }
    if (const auto weight = weight_of(text); weight.is_too_much()) {
        return fail(damaged(kind, fmt::format("it nests {} deep and holds {} values, far beyond what blkhang writes",
                                              weight.depth, weight.values)));
    }
    try {
        auto json = Json::parse(text);
        if (auto status = check_schema(json, kind); !status) {
            return fail(status.error());
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
