// SPDX-License-Identifier: GPL-2.0-only
#include "watch/kernel_log_marks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/words.h"
#include "judge/dispatch.h"

namespace blkhang {
namespace {

/// The kernel takes less than 1 KiB as one message (LOG_LINE_MAX in kernel/printk).
constexpr std::size_t kLongestMark = 900;
constexpr std::size_t kTasksMarked = 8;

std::string mark_of(const seen::Proof& proof) {
    std::vector<std::string> waits;
    if (proof.waits) {
        for (const auto& wait : *proof.waits) {
            if (waits.size() < kTasksMarked) {
                waits.push_back(fmt::format("{} waits for {}", task_name(wait.comm, wait.pid), to_string(wait.what)));
            }
        }
    }
    return fmt::format("hang proven: {}", fmt::join(waits, "; "));
}
std::string mark_of(const seen::Kill& kill) { return fmt::format("heal: SIGKILL to the process of task {}", kill.pid); }
std::string mark_of(const seen::Recovery& recovery) {
    return fmt::format("heal: {}: {}", recovery.recovered ? "the cycle ended" : "the cycle stands", recovery.detail);
}

}  // namespace

void KernelLogMarks::send(const Observation& observation) {
    dispatch_only<seen::Proof, seen::Kill, seen::Recovery>(
        observation, [this](const auto& one) { static_cast<void>(mark(mark_of(one))); });
}

std::vector<seen::Tier::Missing> KernelLogMarks::missing() const {
    if (::access(kmsg_.c_str(), W_OK) == 0) {
        return {};
    }
    return {{kmsg_.string(), "cannot be written: the kernel's log is told nothing"}};
}

bool KernelLogMarks::mark(std::string_view text) const {
    const Fd fd{::open(kmsg_.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!fd.valid()) {
        return false;
    }
    const auto line = fmt::format("<3>blkhang: {}", printable(text)).substr(0, kLongestMark) + "\n";
    return ::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace blkhang
