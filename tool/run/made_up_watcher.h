// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <deque>
#include <vector>

#include "probe/watcher.h"

namespace blkhang {

/// For rehearsals and tests: a watcher that tells what was laid ready, as an event ring would.
class MadeUpWatcher : public Watcher {
public:
    std::deque<std::vector<Observation>> arrives;  ///< what each drain() hands on, the next first
    std::vector<Observation> standing;             ///< what retell() tells
    std::deque<std::uint64_t> dropped;             ///< how much more was lost by each drain(), the next first

    [[nodiscard]] std::optional<seen::Tier> tier() const override { return std::nullopt; }
    [[nodiscard]] std::vector<std::string> blind_spots() const override { return {}; }
    Status learn_names() override { return {}; }
    void enable() override {}
    void drain(const Sink& sink) override {
        if (!dropped.empty()) {
            lost_ += dropped.front();
            dropped.pop_front();
        }
        if (!arrives.empty()) {
            hand_on(arrives.front(), sink);
            arrives.pop_front();
        }
    }
    void drain_to_the_end(const Sink& sink, Deadline /*deadline*/) override {
        while (!arrives.empty()) {
            drain(sink);
        }
    }
    void retell(const Sink& sink) override { hand_on(standing, sink); }
    [[nodiscard]] seen::Counters counters() const override { return {monotonic_ns(), {}, {}, {}, lost_}; }
    [[nodiscard]] std::uint64_t lost() const override { return lost_; }
    void look_for_losses() override {}

protected:
    static void hand_on(const std::vector<Observation>& observations, const Sink& sink) {
        for (const auto& observation : observations) {
            sink(observation);
        }
    }
    void lose(std::uint64_t events) { lost_ += events; }

private:
    std::uint64_t lost_ = 0;
};

}  // namespace blkhang
