// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "klog/frame.h"
#include "klog/headline.h"
#include "klog/lock_line.h"
#include "klog/story.h"

namespace blkhang {

/// Where and when a line stands.
struct LogMoment {
    std::optional<std::uint64_t> at_ns;
    std::optional<std::uint64_t> clock_ns;
    LogPlace place;
};

/// A story as it is written, within the limits of base/limits.h. What is beyond them is counted. Parts are named by
/// their index, which stays.
class StoryBook {
public:
    std::optional<std::size_t> add_task(std::optional<std::int32_t> pid, std::string_view comm,
                                        const LogMoment& moment);
    std::optional<std::size_t> add_complaint(LogComplaint::Kind kind, std::string_view headline,
                                             const LogMoment& moment);
    /// The same of what interrupts nothing: a disk that fails does so many thousand times, and has room of its own.
    void add_aside(LogComplaint::Kind kind, std::string_view headline, const LogMoment& moment);
    std::optional<std::size_t> add_splat(std::string_view headline, const LogMoment& moment);
    /// The stack of something in this story.
    void add_frame(LogStack& stack, const FrameView& frame);
    void add_lock(std::vector<LogHeldLock>& locks, const LockView& lock);
    void add_link(LockdepSplat& splat, std::string_view name);
    /// One that was told by a report counts more than that of a boot, and the first of a kind more than later ones.
    void note_release(std::string_view release, bool is_banner);
    /// The machine boots, at this line. Where a text begins with that it is the boot that the text is of.
    void note_boot(const LogPlace& place);
    void leave_out() { ++story_.left_out; }

    [[nodiscard]] LogTask& task(std::size_t index) { return story_.tasks[index]; }
    [[nodiscard]] LogComplaint& complaint(std::size_t index) { return story_.complaints[index]; }
    [[nodiscard]] LockdepSplat& splat(std::size_t index) { return story_.splats[index]; }
    /// The latest look at this task.
    [[nodiscard]] std::optional<std::size_t> latest_of(std::int32_t pid) const;
    /// A stall of which it is not known yet who causes it: another CPU tells it.
    std::optional<std::size_t> open_stall;

    LogStory finish();

private:
    LogStory story_;
    std::unordered_map<std::int32_t, std::size_t> latest_;
    std::uint32_t boot_ = 0;
    std::size_t frames_ = 0, locks_ = 0, asides_ = 0;
    bool release_is_of_report_ = false;
};

}  // namespace blkhang
