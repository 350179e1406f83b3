// SPDX-License-Identifier: GPL-2.0-only
#include "guest/survey_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "record/measured_hangs.h"

namespace blkhang {
namespace {

using State = CheckRow::State;

std::vector<FamilyMember> family_in(const Survey& survey) {
    return family_of(survey.hello.fingerprints, measured_hangs(survey.hello.version), survey.config);
}

}  // namespace

std::vector<CheckRow> survey_rows(const Survey& survey) {
    std::vector<CheckRow> rows{
        {"kernel", State::ok, fmt::format("{} ({})", survey.hello.release, survey.label), ""},
        survey.tier.used.empty() ? CheckRow{"tier", State::missing, "none works", ""}
                                 : CheckRow{"tier", State::ok, survey.tier.used, ""},
    };
    if (!survey.tier.attached.empty()) {
        rows.push_back({"attached", State::ok, fmt::format("{}", fmt::join(survey.tier.attached, " ")), ""});
    }
    for (const seen::Tier::Missing& missing : survey.tier.missing) {
        rows.push_back({"not attached", State::note, fmt::format("{}: {}", missing.what, missing.why), ""});
    }
    for (const auto& [name, value] : survey.hello.fingerprints) {
        rows.push_back({"fingerprint", State::ok, fmt::format("{}: {}", name, value), ""});
    }
    for (const auto& [option, value] : survey.config) {
        rows.push_back({"config", State::ok, fmt::format("{}={}", option, value), ""});
    }
    for (const FamilyMember& member : family_in(survey)) {
        rows.push_back({member.name, member.state == FamilyMember::State::closed ? State::ok : State::note,
                        fmt::format("{}: {} ({})", to_string(member.state), member.why, member.trigger), ""});
    }
    for (const std::string& reason : survey.unsupported) {
        rows.push_back({"unsupported", State::missing, reason, ""});
    }
    return rows;
}

nlohmann::ordered_json member_json(const FamilyMember& member) {
    auto ways = nlohmann::ordered_json::array();
    for (const FamilyMember::Way& way : member.ways) {
        ways.push_back({{"name", way.name}, {"state", to_string(way.state)}, {"why", way.why}});
    }
    return {{"name", member.name},
            {"state", to_string(member.state)},
            {"why", member.why},
            {"trigger", member.trigger},
            {"ways", ways}};
}

nlohmann::ordered_json survey_json(const Survey& survey) {
    auto family = nlohmann::ordered_json::array();
    for (const FamilyMember& member : family_in(survey)) {
        family.push_back(member_json(member));
    }
    auto missing = nlohmann::ordered_json::array();
    for (const seen::Tier::Missing& each : survey.tier.missing) {
        missing.push_back({{"what", each.what}, {"why", each.why}});
    }
    return {
        {"kernel",
         {{"label", survey.label},
          {"release", survey.hello.release},
          {"version", survey.hello.version},
          {"arch", survey.hello.machine},
          {"config", survey.config},
          {"fingerprints", survey.hello.fingerprints}}},
        {"family", family},
        {"tier", {{"used", survey.tier.used}, {"attached", survey.tier.attached}, {"missing", missing}}},
        {"unsupported", survey.unsupported},
    };
}

}  // namespace blkhang
