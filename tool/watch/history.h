// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// What a record of a finding needs of the time before it, in little room: a watch goes on for days. It holds the same
/// stream that the judge of this stretch was given, so that whoever judges it again comes to the same.
///
/// Of counters and ticks only the latest are kept where nothing was lost between them. First nestings outlast a
/// stretch: there are few, and two that are days apart can make a cycle.
class History {
public:
    History(seen::Hello hello, seen::Tier tier) : hello_(std::move(hello)), tier_(std::move(tier)) {}

    /// A stretch begins.
    void begin(const seen::Phase& phase);
    void note(const Observation& observation);
    /// A stretch has told so much that another should begin.
    [[nodiscard]] bool is_full() const { return recent_.size() >= kMost; }
    /// More was told than is kept: what this holds says less than was seen.
    [[nodiscard]] bool is_cut() const { return cut_; }

    /// What is known of the kernel, and how it is watched.
    [[nodiscard]] const seen::Hello& hello() const { return hello_; }
    [[nodiscard]] const seen::Tier& tier() const { return tier_; }
    /// The first of each nesting, and on each disk.
    [[nodiscard]] std::vector<seen::Edge> edges() const;
    [[nodiscard]] std::size_t count_edges() const { return edges_.size(); }
    /// All of it, in an order in which it can be judged.
    void each(const std::function<void(const Observation&)>& sink) const;

private:
    static constexpr std::size_t kMost = 1500;
    static constexpr std::size_t kMostEdges = 512;
    bool replaces_latest(const Observation& observation);

    seen::Hello hello_;
    seen::Tier tier_;
    std::optional<seen::Phase> phase_;
    std::map<std::tuple<Scope, Scope, std::optional<std::string>>, seen::Edge> edges_;
    std::deque<Observation> recent_;
    bool cut_ = false;
};

}  // namespace blkhang
