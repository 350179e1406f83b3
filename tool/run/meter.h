// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// Reads what only the kernel can tell (pages swapped out, its log) on a thread of its own: such a read can get stuck
/// in a hanging machine, and then only this thread is.
class Meter {
public:
    /// Lives as long as the process.
    static Result<Meter*> start();
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;
    Meter(Meter&&) = delete;
    Meter& operator=(Meter&&) = delete;
    ~Meter() = delete;  ///< its thread may be stuck in the kernel, so nobody could wait for it

    /// Pages swapped out since start().
    [[nodiscard]] std::uint64_t swapped_out_pages() const { return swapped_out_; }
    /// Kernel messages that arrived since the last call. Empty rather than late: does not wait for the thread.
    std::vector<seen::Kmsg> take_messages();

private:
    Meter(Fd vmstat, Fd kmsg);
    void run();
    std::uint64_t read_swapped_out() const;
    void read_messages();

    Fd vmstat_, kmsg_;
    std::uint64_t first_swapped_out_;
    std::atomic<std::uint64_t> swapped_out_{0};
    std::mutex lock_;  ///< guards messages_
    std::vector<seen::Kmsg> messages_;
};

/// A record of /dev/kmsg: `prefix,sequence,microseconds,flags;text`. Nothing if it is not one.
std::optional<seen::Kmsg> parse_kmsg(std::string_view record);

}  // namespace blkhang
