// SPDX-License-Identifier: GPL-2.0-only
#include "record/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <variant>

#include "profile/fields.h"

namespace blkhang {
namespace {

constexpr std::string_view kTrigger = "trigger.";

struct AsText {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const std::vector<std::string>& value) const {
        return fmt::format("{}", fmt::join(value, ","));
    }
};

}  // namespace

Settings settings_of(const Profile& profile) {
    Settings settings;
    for (const Field& field : fields()) {
        if (const auto value = field.get(profile); value && !field.identity) {
            settings[field.key] = std::visit(AsText{}, *value);
        }
    }
    Profile last;
    for (std::size_t i = 0; i < profile.triggers.size(); ++i) {
        last.triggers = {profile.triggers[i]};
        for (const Field& field : trigger_fields()) {
            settings[fmt::format("{}{}.{}", kTrigger, i + 1, field.key.substr(kTrigger.size()))] =
                std::visit(AsText{}, *field.get(last));
        }
    }
    return settings;
}

std::string digest_of(const Settings& settings) {
    std::string lines;
    for (const auto& [key, value] : settings) {
        lines += fmt::format("{}={}\n", key, value);
    }
    const auto space = boost::uuids::string_generator()("6f2d8e5c-3c0b-5d5e-9a55-1f0c8f7b2011");  // that of our reports
    std::string digest = to_string(boost::uuids::name_generator_sha1(space)(lines));
    std::erase(digest, '-');
    return digest;
}

}  // namespace blkhang
