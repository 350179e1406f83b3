// SPDX-License-Identifier: GPL-2.0-only
#include "guest/plan_rows.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "profile/profile_toml.h"
#include "record/archive.h"

namespace blkhang {

std::string plan_text(const PlanRows& rows, const Profile& profile) {
    std::string text;
    for (const auto& [what, how] : rows) {
        text += fmt::format("# {:<9} {}\n", what + ":", how);
    }
    return text + to_toml(profile);
}

std::string plan_json(const PlanRows& rows, const Profile& profile) {
    Json json = Json::object();
    for (const auto& [what, how] : rows) {
        json[what].push_back(how);
    }
    json["profile_toml"] = to_toml(profile);
    return to_text(json);
}

}  // namespace blkhang
