// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/joined_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

namespace blkhang {
namespace {

/// Has all that was said.
bool is_whole(const SurvivingRun& run) { return run.lost == 0 && run.gaps.empty(); }

/// Takes lines of two rows that are parts of one, in an order that is that of both where they agree.
class Merge {
public:
    Merge(const SurvivingRun& one, const SurvivingRun& other) : one_(one), other_(other), taken_(other.lines.size()) {
        for (std::size_t i = other.lines.size(); i > 0; --i) {
            places_[other.lines[i - 1]].push_back(i - 1);  // the first one comes last
        }
    }

    void into(SurvivingRun& result) {
        for (std::size_t i = 0; i <= one_.lines.size(); ++i) {
            const bool gap = one_.has_gap_at(i);
            if (i < one_.lines.size() && came_ahead(one_.lines[i])) {
                if (gap && !other_.gaps.empty()) {
                    result.note_gap();
                }
                continue;
            }
            const auto place = i < one_.lines.size() ? place_of(one_.lines[i]) : std::optional(other_.lines.size());
            if (place && *place >= next_) {
                take_until(*place, gap, result);
            } else if (gap) {
                result.note_gap();
            }
            if (i == one_.lines.size()) {
                break;
            }
            result.lines.push_back(one_.lines[i]);
            if (place && *place < other_.lines.size()) {
                taken_[*place] = true;
                next_ = std::max(next_, *place + 1);
            }
        }
    }

private:
    /// Where the other has this line and it was not taken yet.
    std::optional<std::size_t> place_of(const std::string& line) {
        const auto found = places_.find(line);
        if (found == places_.end()) {
            return std::nullopt;
        }
        auto& places = found->second;
        while (!places.empty() && taken_[places.back()]) {
            places.pop_back();
        }
        return places.empty() ? std::nullopt : std::optional(places.back());
    }

    /// The other had it before the one: a proof overtakes what waits, on each way for itself.
    bool came_ahead(const std::string& line) {
        const auto found = ahead_.find(line);
        if (found == ahead_.end() || found->second == 0) {
            return false;
        }
        --found->second;
        return true;
    }

    /// What the other has before that place stands here. A gap of the one is closed if the other has none there.
    void take_until(std::size_t place, bool gap, SurvivingRun& result) {
        bool both = false;
        for (; next_ < place; ++next_) {
            both |= gap && other_.has_gap_at(next_);
            if (!taken_[next_]) {
                taken_[next_] = true;
                ++ahead_[other_.lines[next_]];
                result.lines.push_back(other_.lines[next_]);
            }
        }
        both |= gap && other_.has_gap_at(place);
        if (both) {
            result.note_gap();
        }
    }

    const SurvivingRun& one_;
    const SurvivingRun& other_;
    std::vector<bool> taken_;
    std::unordered_map<std::string_view, std::vector<std::size_t>> places_;
    std::unordered_map<std::string_view, std::size_t> ahead_;  ///< came from the other, and may come from the one, too
    std::size_t next_ = 0;
};

std::uint64_t time_of_last(const SurvivingRun& run) { return run.last ? run.last->time_ns : 0; }

/// A journal counts its runs; without that there is the time of day, which a host may have set back meanwhile.
bool is_later(const SurvivingRun& run, const SurvivingRun& than) {
    return run.generation != 0 && than.generation != 0 && run.source == than.source
               ? run.generation > than.generation
               : time_of_last(run) > time_of_last(than);
}

std::uint64_t boot_time(const SurvivingRun& run) {
    return run.first && run.first->time_ns > run.first->uptime_ns ? run.first->time_ns - run.first->uptime_ns : 0;
}

std::string in_words(const SurvivingRun& run) {
    return fmt::format("run {} of boot {} of {} ({} lines, {})", in_digits(run.run).substr(0, 8),
                       in_digits(run.boot).substr(0, 8), run.host, run.lines.size(), run.source);
}

/// Those of the host that is meant.
Result<std::vector<SurvivingRun>> of_host(const std::vector<SurvivingRun>& runs, const std::string& host,
                                          std::string_view this_host) {
    std::set<std::string> hosts;
    for (const SurvivingRun& run : runs) {
        hosts.insert(run.host);
    }
    std::string wanted = host;
    if (wanted.empty()) {
        wanted = hosts.contains(std::string(this_host)) || hosts.empty() ? std::string(this_host) : *hosts.begin();
        if (wanted != this_host && hosts.size() > 1) {
            return fail(Error(Fault::usage, "there is evidence of several hosts, and none is this one")
                            .hint(fmt::format("say which with --host: {}", fmt::join(hosts, ", "))));
        }
    }
    std::vector<SurvivingRun> result;
    std::ranges::copy_if(runs, std::back_inserter(result), [&](const SurvivingRun& run) { return run.host == wanted; });
    return result;
}

}  // namespace

SurvivingRun joined(const SurvivingRun& one, const SurvivingRun& other) {
    SurvivingRun result = one;
    result.source = fmt::format("{} and {}", one.source, other.source);
    result.lines.clear();
    result.gaps.clear();
    Merge(one, other).into(result);
    const auto earlier = [](const std::optional<SeenAt>& a, const std::optional<SeenAt>& b) {
        return !a || (b && b->uptime_ns < a->uptime_ns) ? b : a;
    };
    const auto later = [](const std::optional<SeenAt>& a, const std::optional<SeenAt>& b) {
        return !a || (b && b->uptime_ns > a->uptime_ns) ? b : a;
    };
    result.first = earlier(one.first, other.first);
    result.last = later(one.last, other.last);
    result.generation = std::max(one.generation, other.generation);
    result.damaged = one.damaged + other.damaged;
    result.missing = std::min(one.missing, other.missing);
    result.torn = result.gaps.empty() ? 0 : std::min(one.torn, other.torn);
    // What one way lost came by the other, unless something is missing there, too: it may be the same.
    result.lost = is_whole(one) || is_whole(other) ? 0 : std::max(one.lost, other.lost);
    return result;
}

void leave_out_before(std::uint64_t time_ns, std::vector<SurvivingRun>& runs) {
    std::erase_if(runs, [&](const SurvivingRun& run) { return !run.first || run.first->time_ns < time_ns; });
}

Result<RunChoice> choose_run(const std::vector<SurvivingRun>& runs, const EvidenceId& now, const std::string& host,
                             std::string_view this_host) {
    const auto candidates = of_host(runs, host, this_host);
    if (!candidates) {
        return fail(candidates.error());
    }
    RunChoice choice;
    const SurvivingRun* latest = nullptr;
    for (const SurvivingRun& run : *candidates) {
        if (run.boot != now && (latest == nullptr || is_later(run, *latest))) {
            latest = &run;
        }
    }
    for (const SurvivingRun& run : *candidates) {
        if (latest != nullptr && run.run == latest->run && run.boot == latest->boot) {
            choice.run = choice.run ? joined(*choice.run, run) : run;
            continue;
        }
        choice.others.push_back(in_words(run) + (run.boot == now ? ", which goes on" : ""));
        const std::uint64_t began = boot_time(run);
        if (latest != nullptr && run.boot != latest->boot && began > time_of_last(*latest) &&
            began < choice.next_boot_ns.value_or(UINT64_MAX)) {
            choice.next_boot_ns = began;
        }
    }
    return choice;
}

}  // namespace blkhang
