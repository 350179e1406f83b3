// SPDX-License-Identifier: GPL-2.0-only
#include "judge/standstill.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/units.h"
#include "judge/trigger_field.h"

namespace blkhang {
namespace {

/// Does this number of a run's load grow while the load gets something done? Sizes and settings tell nothing, what is
/// swapped out is the kernel's doing, and who fails again and again gets nothing done.
bool is_progress(std::string_view load_field) {
    constexpr std::array<std::string_view, 12> kOthers{
        "writers",    "steady_writers", "member_writers", "guests",       "guests_ended",    "locked_bytes",
        "free_bytes", "swapped_out",    "write_failures", "map_failures", "cgroup_failures", seen::kMissedMessages};
    using namespace trigger_count;  // writes fail, too
    constexpr std::array kNoSuccess{kFailures, kErrno, kAttempts, kPauseMs, kAtMost};
    return std::ranges::find(kOthers, load_field) == kOthers.end() &&
           std::ranges::none_of(kNoSuccess, [&](std::string_view end) { return load_field.ends_with(end); });
}

/// Of two kinds of workers, which older streams do not tell apart: one hides that the other gets nothing done.
constexpr std::string_view kIosOfAll = "ios";
constexpr std::string_view kIosOfWriters = "writer_ios";

/// What each kind of worker gets done, one after the other for as long as the load lasts.
struct Work {
    std::string_view field;
    std::string_view workers =
        {};  ///< how many are ready to, where the stream says that before they have done anything
};
constexpr std::array<Work, 5> kWork{Work{kIosOfAll}, Work{kIosOfWriters, "steady_writers"}, Work{"member_ios"},
                                    Work{"cgroups_created"}, Work{"maps_created"}};

/// A trigger that makes more attempts than a guest can have fresh disks goes on for as long as the load lasts. For
/// streams that do not say how many it makes.
constexpr std::uint64_t kMostFreshDisks = 16;
/// Of what a profile may ask for (every and delay, an hour each); what is longer was never asked for.
constexpr std::uint64_t kLongestPauseMs = std::uint64_t{2} * 3600 * 1000;

}  // namespace

void Standstill::observe(const seen::Counters& counters) {
    for (const auto& [field, count] : counters.load) {
        const auto [known, added] = fields_.try_emplace(field, Field{count, counters.at_ns});
        const bool grew = added ? count > 0 : count > known->second.most;
        if (grew) {
            known->second = {count, counters.at_ns};
        }
        if ((grew || added) && is_progress(field)) {
            moved_ns_ = counters.at_ns;
        }
    }
    latest_ns_ = std::max(latest_ns_, counters.at_ns);
}

std::vector<std::string> Standstill::stood(std::uint64_t now_ns, std::uint64_t long_ns) const {
    std::vector<std::string> names;
    const auto is_long_ago = [&](std::uint64_t at_ns) { return now_ns >= at_ns && now_ns - at_ns >= long_ns; };
    const auto most = [&](std::string_view field) {
        const auto found = fields_.find(field);
        return found != fields_.end() ? found->second.most : 0;
    };
    for (const auto& [work, workers] : kWork) {
        const auto found = fields_.find(work);
        if (work == kIosOfAll && fields_.contains(kIosOfWriters)) {
            continue;
        }
        const bool has_begun = most(work) > 0 || most(workers) > 0;
        if (found != fields_.end() && has_begun && is_long_ago(found->second.grew_ns)) {
            names.emplace_back(work);
        }
    }
    for (const auto& [name, attempts] : fields_) {
        const auto trigger = trigger_of(name, trigger_count::kAttempts);
        if (!trigger.empty() && trigger_stood(trigger, attempts, now_ns, long_ns)) {
            names.push_back(std::string(kTriggerPrefix).append(trigger));
        }
    }
    return names;
}

/// No attempt of it has ended for so long, though one is under way or the next is due.
bool Standstill::trigger_stood(std::string_view trigger, const Field& attempts, std::uint64_t now_ns,
                               std::uint64_t long_ns) const {
    const auto told = [&](std::string_view count) {
        const auto found = fields_.find(trigger_field(trigger, count));
        return found != fields_.end() ? std::optional(found->second) : std::nullopt;
    };
    std::uint64_t ended = 0;
    std::uint64_t latest_ns = attempts.grew_ns;
    for (const auto how : {trigger_count::kSuccesses, trigger_count::kFailures}) {
        if (const auto field = told(how)) {
            ended += field->most;
            latest_ns = std::max(latest_ns, field->grew_ns);
        }
    }
    const auto at_most = told(trigger_count::kAtMost);
    const bool goes_on =
        at_most ? at_most->most == 0 || attempts.most < at_most->most : attempts.most > kMostFreshDisks;
    const bool is_due = attempts.most > ended || (attempts.most > 0 && goes_on);
    const auto pause_ms = std::min(told(trigger_count::kPauseMs).value_or(Field{}).most, kLongestPauseMs);
    return is_due && now_ns >= latest_ns && now_ns - latest_ns >= long_ns + pause_ms * kNsPerMs;
}

std::optional<std::uint64_t> Standstill::since_ns(std::uint64_t now_ns, std::uint64_t long_ns) const {
    const bool long_ago = still_for_ns(std::max(now_ns, latest_ns_)) >= long_ns;
    return long_ago ? std::optional(moved_ns_) : std::nullopt;
}

std::uint64_t Standstill::still_for_ns(std::uint64_t now_ns) const {
    return !knows_progress() || now_ns < moved_ns_ ? 0 : now_ns - moved_ns_;
}

bool Standstill::knows_progress() const {
    return std::ranges::any_of(fields_, [](const auto& field) { return is_progress(field.first); });
}

}  // namespace blkhang
