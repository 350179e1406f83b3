// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

class Symbols;

/// Group of the probes that this program defines in tracefs, and name of its tracing instances; the pid of the process
/// that owns them follows.
inline constexpr std::string_view kProbeGroup = "blkhang_";

/// Where a probed function returns to; 0 if that has no symbol of its own.
std::uint64_t find_return_trampoline(const Symbols& symbols);

/// A return probe that as many calls may be under way of as are asked for. Those that perf makes by itself have twice
/// as many instances as there are possible CPUs, at least ten; a call that finds none left returns unseen, and of calls
/// that sleep there are more at once. Only tracefs takes a number (r[MAXACTIVE], 4.12).
class ReturnProbe {
public:
    static Result<ReturnProbe> make(const std::string& function, unsigned instances,
                                    const std::filesystem::path& tracefs = "/sys/kernel/tracing");
    ReturnProbe(ReturnProbe&& other) noexcept;
    ReturnProbe& operator=(ReturnProbe&&) = delete;
    ReturnProbe(const ReturnProbe&) = delete;
    ReturnProbe& operator=(const ReturnProbe&) = delete;
    /// The perf event must be closed by now.
    ~ReturnProbe();

    /// A perf event that fires with it.
    [[nodiscard]] Result<Fd> open() const;

private:
    ReturnProbe(std::filesystem::path tracefs, std::string event)
        : tracefs_(std::move(tracefs)), event_(std::move(event)) {}
    std::filesystem::path tracefs_;
    std::string event_;  ///< group/name; empty when moved from
};

/// Is what has this name, a group of probes or an instance, of ours, and is its process gone? Numbers are given out
/// again: a process of another name is not the one.
bool is_orphaned(std::string_view group, const std::filesystem::path& proc);

/// Removes the probes that processes have left behind which were killed. True if some of them were switched on for the
/// kernel's only tracer.
bool remove_orphaned_events(const std::filesystem::path& tracefs, const std::filesystem::path& proc);

}  // namespace blkhang
