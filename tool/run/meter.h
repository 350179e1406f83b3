// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// Where somebody counts bytes that the load writes to the data disk.
struct ByteCount {
    std::string name;  ///< in the record's load
    Fd file;
    std::function<std::optional<std::uint64_t>(std::string_view)> parse;  ///< finds the number in the file's content
    std::optional<std::uint32_t> guest = {};  ///< those of this virtual machine of the load alone
};

/// Parses a file that holds nothing but a number.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// The value of `key` in the text of /proc/vmstat: lines of a key and a number.
std::optional<std::uint64_t> vmstat_value(std::string_view text, std::string_view key);

/// Reads what only the kernel can tell (its log, pages swapped out, byte counts), each on a thread of its own: such a
/// read can get stuck in a hanging machine, and then only this thread is. What the kernel says of the hang is still
/// read while a cgroup's statistics wait for a lock that is part of it.
class Meter {
public:
    /// More waiting messages than this are counted and dropped: they stay in the console log. A kernel says less than a
    /// tenth of it while it boots, and a dump of all tasks or of memory under load has a few hundred lines.
    static constexpr std::size_t kMostMessages = 8192;

    /// Lives as long as the process.
    static Result<Meter*> start(std::vector<ByteCount> byte_counts);
    /// The same with other files than /proc/vmstat and /dev/kmsg.
    static Meter* start(Fd vmstat, Fd kmsg, std::vector<ByteCount> byte_counts);
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;
    Meter(Meter&&) = delete;
    Meter& operator=(Meter&&) = delete;
    ~Meter() = delete;  ///< its threads may be stuck in the kernel, so nobody could wait for them

    /// Pages swapped out since start().
    [[nodiscard]] std::uint64_t swapped_out_pages() const { return swapped_out_; }
    /// Pages that are free, now or when this could last be read.
    [[nodiscard]] std::uint64_t free_pages() const { return free_pages_; }
    /// Calls back for every byte count that could be read, with its name. All are read in a row, five times a second.
    /// Those of single virtual machines are not among them.
    void each_byte_count(const std::function<void(const std::string&, std::uint64_t)>& sink) const;
    /// The same for those, with their numbers.
    void each_guest(const std::function<void(std::uint32_t, std::uint64_t)>& sink) const;
    /// Kernel messages that arrived since the last call, in place of what is in there, whose room is used again. None
    /// rather than late: does not wait for the thread that reads them.
    void take_messages(std::vector<seen::Kmsg>& messages);
    /// Before 3.5 /dev/kmsg is only written to, and there are never any.
    [[nodiscard]] bool reads_messages() const;
    /// Messages that found no room, or that the kernel had overwritten before they were read.
    [[nodiscard]] std::uint64_t missed_messages() const { return missed_messages_; }

private:
    static constexpr std::uint64_t kUnknown = UINT64_MAX;  ///< not read yet
    struct Counted {
        explicit Counted(ByteCount counted) : source(std::move(counted)) {}
        ByteCount source;
        std::atomic<std::uint64_t> bytes{kUnknown};
    };

    Meter(Fd vmstat, Fd kmsg, std::vector<ByteCount> byte_counts);
    void keep_reading(void (Meter::*read)());
    void read_pages();
    void read_messages();
    void read_byte_counts();

    Fd vmstat_, kmsg_;
    std::optional<std::uint64_t> first_swapped_out_;
    std::atomic<std::uint64_t> swapped_out_{0}, free_pages_{0}, missed_messages_{0};
    std::deque<Counted> byte_counts_;  ///< its elements never move
    std::mutex lock_;                  ///< guards messages_
    std::vector<seen::Kmsg> messages_;
};

}  // namespace blkhang
