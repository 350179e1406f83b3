// SPDX-License-Identifier: GPL-2.0-only
#include "record/schema.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace blkhang {

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

}  // namespace blkhang
