// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "klog/line_pieces.h"
#include "klog/story.h"

namespace blkhang {

/// Which task holds which locks, as lockdep lists them when it is asked (SysRq-d), and beside a hung task. A lock is
/// noted before it is had (lock_acquire() in kernel/locking/lockdep.c): the last of a task may be one that it waits
/// for. Nothing is listed of tasks that run meanwhile.
struct HeldLocks {
    /// Locks that are kept, and so tasks. A guest has some hundred of these, with a few each.
    static constexpr std::size_t kMost = 1024;
    struct Task {
        std::int32_t pid;
        std::string comm;
        std::vector<LogHeldLock> locks;  ///< in the order in which they were taken
    };
    std::uint64_t at_ns = 0;
    std::vector<Task> tasks;
    std::uint64_t left_out = 0;  ///< locks beyond those
    bool is_off = false;         ///< lockdep had switched itself off, as it does after its first report: no list
};

/// Finds the first such list in a kernel log.
class HeldLocksReader {
public:
    /// The next line, which was logged at this time.
    void line(std::uint64_t at_ns, std::string_view text);
    /// What was listed before does not count: the next list is the first.
    void begin_anew() { *this = {}; }
    /// Nothing if there was none.
    [[nodiscard]] const std::optional<HeldLocks>& found() const { return found_; }

private:
    void single_line(std::uint64_t at_ns, std::string_view text, bool has_prefix);
    void on(const kernel_text::TaskView& holder);
    void on(const LockView& lock, bool is_grown);

    std::optional<HeldLocks> found_;
    LinePieces pieces_;
    std::string caller_;  ///< who prints it, where that is told
    bool is_open_ = false, is_over_ = false;
    bool is_lister_ = false;  ///< the task whose locks come prints the list
    std::string number_;      ///< of the lock before
    std::size_t locks_ = 0;
};

}  // namespace blkhang
