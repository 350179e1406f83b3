// SPDX-License-Identifier: GPL-2.0-only
#include "guest/survey.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/log.h"
#include "base/signals.h"
#include "guest/plan.h"
#include "lab/kernel_config.h"
#include "lab/known_kernels.h"
#include "machine/build_config.h"
#include "record/intake.h"
#include "record/stream.h"

namespace blkhang {
namespace {

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
        return fail(spec.error());
    }
    auto kernel = obtain_kernel(*spec);
    if (!kernel) {
        return fail(kernel.error());
    }
    Survey survey;
    survey.label = kernel->label;
    survey.config = relevant_options(config_of(*kernel));
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

}  // namespace blkhang
