// SPDX-License-Identifier: GPL-2.0-only
#include "record/suspected_hang.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/units.h"
#include "diagnose/diagnosis.h"
#include "diagnose/stack_reading.h"
#include "profile/profile.h"

namespace blkhang {
namespace {

/// A machine that is merely short of memory was not seen to leave a task in the same place for so long.
constexpr std::uint64_t kStoodNs = 10 * kNsPerS;

/// Looks of one round are no further apart.
constexpr std::uint64_t kRoundNs = kNsPerS;

/// The last looks at the task that found it in one place: since when; nothing if the last round did not find it there.
std::optional<std::uint64_t> stood_for(const std::vector<seen::BlockedTask>& looks, std::int32_t pid,
                                       std::uint64_t last_ns) {
    const seen::BlockedTask* latest = nullptr;
    std::uint64_t since_ns = 0;
    for (const auto& look : looks) {
        if (look.pid != pid) {
            continue;
        }
        if (latest == nullptr || look.comm != latest->comm || look.stack != latest->stack) {
            since_ns = *look.at_ns;
        }
        latest = &look;
    }
    if (latest == nullptr || *latest->at_ns + kRoundNs < last_ns) {
        return std::nullopt;
    }
    return *latest->at_ns - std::min(*latest->at_ns, since_ns);
}

LogStory story_of(const std::vector<seen::BlockedTask>& looks, std::string_view release) {
    LogStory story;
    story.release = release;
    std::uint32_t line = 0;
    for (const auto& look : looks) {
        LogTask task;
        task.pid = look.pid;
        task.comm = look.comm;
        task.state = look.state;
        task.at_ns = look.at_ns;
        task.stack = log_stack(look.stack);
        task.place.line = ++line;
        story.tasks.push_back(std::move(task));
    }
    return story;
}

}  // namespace

std::string suspected_hang(const std::vector<seen::BlockedTask>& looks, std::string_view release) {
    std::uint64_t last_ns = 0;
    for (const auto& look : looks) {
        if (!look.at_ns) {
            return {};
        }
        last_ns = std::max(last_ns, *look.at_ns);
    }
    const Diagnosis diagnosis = diagnose(story_of(looks, release));
    if (diagnosis.answer != Answer::fits || !diagnosis.circle || diagnosis.member == nullptr) {
        return {};
    }
    std::uint64_t stood_ns = UINT64_MAX;
    for (const auto& task : diagnosis.circle->tasks) {
        const auto stood = stood_for(looks, task.pid, last_ns);
        if (!stood || *stood < kStoodNs) {
            return {};
        }
        stood_ns = std::min(stood_ns, *stood);
    }
    return fmt::format(
        "stacks that did not move for {} s, to the end, fit a known hang, {}: {}; no proof, for part of it is "
        "inferred: {}",
        stood_ns / kNsPerS, diagnosis.member->name, describe(*diagnosis.circle), fmt::join(diagnosis.inferred, "; "));
}

bool is_suspicion(const Record& record) {
    return record.verdict.value == Verdict::hazard && record.tier.used == to_string(TierChoice::console) &&
           !record.deadlock;
}

}  // namespace blkhang
