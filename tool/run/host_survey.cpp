// SPDX-License-Identifier: GPL-2.0-only
#include "run/host_survey.h"

#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/apart.h"
#include "base/few_of.h"
#include "base/words.h"
#include "probe/survey.h"
#include "record/stream.h"
#include "run/percpu_waiters.h"

namespace blkhang {
namespace {

/// The answer as one line of the evidence stream, which is how a guest gives it too.
std::string answer() {
    // A wait of that length is no contention, and attaching needs the mutex as well.
    constexpr auto kLasting = std::chrono::seconds(1);
    const auto waiters = lasting_percpu_waiters("/proc", kLasting);
    std::vector<std::string> names;
    names.reserve(waiters.size());
    for (const seen::BlockedTask& waiter : waiters) {
        names.push_back(task_name(waiter.comm, waiter.pid));
    }
    const Result<seen::Tier> tier =
        waiters.empty()
            ? survey_tiers()
            : fail(Fault::unsupported,
                   fmt::format("no probe was attached, which would wait as {} for pcpu_alloc_mutex: does this machine "
                               "hang?",
                               fmt::join(few_of(names, 3), ", ")));
    const Observation observation =
        tier ? Observation{*tier} : Observation{seen::Unsupported{{tier.error().message()}}};
    return encode(observation);
}

}  // namespace

Result<seen::Tier> survey_host(Deadline deadline) {
    const auto answered = answer_apart(answer, deadline);
    if (!answered) {
        return fail(answered.error());
    }
    const std::optional<std::string>& text = *answered;
    if (!text) {
        return fail(Fault::broken, "attaching probes did not return: does this machine hang already?");
    }
    auto observation = decode(*text);
    if (!observation) {
        return fail_within(observation.error(), "the survey of this kernel");
    }
    if (auto* tier = std::get_if<seen::Tier>(&*observation)) {
        return std::move(*tier);
    }
    const auto* unsupported = std::get_if<seen::Unsupported>(&*observation);
    return fail(Fault::unsupported, unsupported != nullptr ? unsupported->reasons.front() : "no answer");
}

}  // namespace blkhang
