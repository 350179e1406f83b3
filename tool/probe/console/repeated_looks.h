// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "probe/console/stack_waits.h"

namespace blkhang {

/// Looks at blocked tasks again and again, on a thread of its own that can be given up: where the machine hangs,
/// reading /proc can get stuck.
class RepeatedLooks {
public:
    /// Need not say when it began and ended.
    using Look = std::function<BlockedLook()>;

    /// Makes the thread, which waits for begin().
    RepeatedLooks(Look look, std::chrono::milliseconds between);
    RepeatedLooks(const RepeatedLooks&) = delete;
    RepeatedLooks& operator=(const RepeatedLooks&) = delete;
    RepeatedLooks(RepeatedLooks&&) = delete;
    RepeatedLooks& operator=(RepeatedLooks&&) = delete;
    ~RepeatedLooks();

    void begin();
    /// What looks have seen that have ended since. Waits for nothing.
    std::deque<BlockedLook> take();
    /// For how long the look that is under way has lasted by now; 0 if none is.
    [[nodiscard]] std::uint64_t lasts_ns() const;

private:
    struct Shared;  ///< with the thread; whoever is last frees it
    std::shared_ptr<Shared> shared_;
};

}  // namespace blkhang
