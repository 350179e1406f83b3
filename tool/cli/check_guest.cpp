// SPDX-License-Identifier: GPL-2.0-only
#include "cli/check_guest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/signals.h"
#include "cli/guest_plan.h"
#include "cli/measured_hangs.h"
#include "kernels/family.h"
#include "lab/kernel_config.h"
#include "lab/known_kernels.h"
#include "record/intake.h"
#include "record/stream.h"

namespace blkhang {
namespace {

using State = CheckRow::State;

/// What arrived over the stream, besides the survey itself.
struct Arrived {
    bool complete = false;
    std::string failure;
};

void note(const Observation& observation, Survey& survey, Arrived& arrived) {
    if (const auto* hello = std::get_if<seen::Hello>(&observation)) {
        survey.hello = *hello;
    } else if (const auto* tier = std::get_if<seen::Tier>(&observation)) {
        survey.tier = *tier;
    } else if (const auto* unsupported = std::get_if<seen::Unsupported>(&observation)) {
        survey.unsupported.insert(survey.unsupported.end(), unsupported->reasons.begin(), unsupported->reasons.end());
    } else if (const auto* failure = std::get_if<seen::Failure>(&observation)) {
        arrived.failure = failure->message;
    } else if (std::holds_alternative<seen::End>(observation)) {
        arrived.complete = true;
    }
}

}  // namespace

Result<Survey> survey_guest(const std::string& kernel_text) {
    catch_interrupts();
    auto spec = parse_kernel_spec(kernel_text);
    if (!spec) {
        return fail(std::move(spec.error()));
    }
    auto kernel = obtain_kernel(*spec);
    if (!kernel) {
        return fail(std::move(kernel.error()));
    }
    Survey survey;
    survey.label = kernel->label;
    survey.config = relevant_config(*kernel);
    Arrived arrived;
    Intake intake;
    const auto outcome =
        run_guest(plan_guest(check_job(), *kernel, {}),
                  {.line =
                       [&](std::string_view line) {
                           if (!intake.admits(line)) {
                               return;
                           }
                           if (const auto observation = decode(line)) {
                               note(*observation, survey, arrived);
                           } else {
                               spdlog::debug("damaged line: {}", observation.error().message());
                           }
                       },
                   .overlong_line = [&](std::uint64_t bytes) { spdlog::debug("damaged line: {} bytes long", bytes); },
                   .console = [](std::string_view /*chunk*/) {}});
    if (!outcome) {
        return fail(outcome.error());
    }
    if (!arrived.failure.empty()) {
        return fail_within(Error(Fault::broken, arrived.failure), "in the guest");
    }
    if (!arrived.complete) {
        return fail(Error(Fault::broken, outcome->detail.empty() ? "the guest was lost" : outcome->detail)
                        .within(fmt::format("checking {}", survey.label)));
    }
    remember_fingerprints(*kernel, survey.hello.fingerprints);
    return survey;
}

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
    for (const FamilyMember& member : family_of(survey.hello.fingerprints, measured_hangs(survey.hello.version))) {
        rows.push_back({member.name, member.state == FamilyMember::State::closed ? State::ok : State::note,
                        fmt::format("{}: {} ({})", to_string(member.state), member.why, member.trigger), ""});
    }
    for (const std::string& reason : survey.unsupported) {
        rows.push_back({"unsupported", State::missing, reason, ""});
    }
    return rows;
}

nlohmann::ordered_json survey_json(const Survey& survey) {
    auto family = nlohmann::ordered_json::array();
    for (const FamilyMember& member : family_of(survey.hello.fingerprints, measured_hangs(survey.hello.version))) {
        auto ways = nlohmann::ordered_json::array();
        for (const FamilyMember::Way& way : member.ways) {
            ways.push_back({{"name", way.name}, {"state", to_string(way.state)}, {"why", way.why}});
        }
        family.push_back({{"name", member.name},
                          {"state", to_string(member.state)},
                          {"why", member.why},
                          {"trigger", member.trigger},
                          {"ways", ways}});
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
