// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <utility>
#include <vector>

#include "run/made_up_watcher.h"

namespace blkhang {

/// For tests: one that also has what only comes to light when it is asked for, and counts what it is asked.
class FakeWatcher : public MadeUpWatcher {
public:
    std::vector<Observation> late;  ///< what only arrives at the very end
    std::uint64_t skipped = 0;      ///< what look_for_losses() finds
    std::uint64_t unfinished = 0;   ///< what is not finished at the end
    int retold = 0;                 ///< calls of retell()

    void drain_to_the_end(const Sink& sink, Deadline deadline) override {
        MadeUpWatcher::drain_to_the_end(sink, deadline);
        hand_on(late, sink);
        lose(unfinished);
    }
    void retell(const Sink& sink) override {
        ++retold;
        MadeUpWatcher::retell(sink);
    }
    void look_for_losses() override { lose(std::exchange(skipped, 0)); }
};

}  // namespace blkhang
