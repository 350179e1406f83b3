// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_net.h"

#include <algorithm>
#include <deque>

namespace blkhang {
namespace {

/// Tarjan's search for strongly connected components: one pass, however many cycles there are.
class Components {
public:
    using Holders = std::vector<std::vector<std::size_t>>;
    explicit Components(const Holders& holders)
        : holders_(holders), number_(holders.size(), 0), lowest_(holders.size(), 0), in_cycle_(holders.size(), false) {
        for (std::size_t i = 0; i < holders.size(); ++i) {
            if (number_[i] == 0) {
                visit(i);
            }
        }
    }
    [[nodiscard]] const std::vector<bool>& in_cycle() const { return in_cycle_; }

private:
    void visit(std::size_t one) {  // NOLINT(misc-no-recursion): as deep as there are open waits, which are limited
        number_[one] = lowest_[one] = ++numbered_;
        path_.push_back(one);
        for (const auto holder : holders_[one]) {
            in_cycle_[one] = in_cycle_[one] || holder == one;
            if (number_[holder] == 0) {
                visit(holder);
            }
            lowest_[one] = std::min(lowest_[one], lowest_[holder]);
        }
        if (lowest_[one] != number_[one]) {
            return;
        }
        const bool is_alone = path_.back() == one;
        for (bool more = true; more; path_.pop_back()) {
            const auto member = path_.back();
            in_cycle_[member] = in_cycle_[member] || !is_alone;
            lowest_[member] = kDone;
            more = member != one;
        }
    }

    static constexpr std::size_t kDone = SIZE_MAX;
    const Holders& holders_;
    std::vector<std::size_t> number_;  ///< in the order of visits, from 1 on
    std::vector<std::size_t> lowest_;  ///< number that can be reached and whose component is not complete
    std::vector<bool> in_cycle_;
    std::vector<std::size_t> path_;
    std::size_t numbered_ = 0;
};

}  // namespace

/// The shortest way along holders from this wait back to it, which is in a cycle.
WaitNet::Cycle WaitNet::shortest_from(std::size_t start) const {
    constexpr std::size_t kNowhere = SIZE_MAX;
    std::vector<std::size_t> came_from(waits_.size(), kNowhere);
    std::deque<std::size_t> reached{start};
    while (!reached.empty()) {
        auto wait = reached.front();
        reached.pop_front();
        for (const auto holder : holders_[wait]) {
            if (holder == start) {
                Cycle cycle{waits_[wait]};
                for (; wait != start; cycle.push_back(waits_[wait])) {
                    wait = came_from[wait];
                }
                std::ranges::reverse(cycle);
                return cycle;
            }
            if (came_from[holder] == kNowhere) {
                came_from[holder] = wait;
                reached.push_back(holder);
            }
        }
    }
    return {};
}

WaitNet::Cycle WaitNet::cycle(const std::function<bool(const seen::Wait&)>& may_begin) const {
    const auto in_cycle = Components(holders_).in_cycle();
    for (std::size_t i = 0; i < waits_.size(); ++i) {
        if (in_cycle[i] && may_begin(*waits_[i])) {
            return shortest_from(i);
        }
    }
    return {};
}

}  // namespace blkhang
