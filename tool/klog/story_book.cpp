// SPDX-License-Identifier: GPL-2.0-only
#include "klog/story_book.h"

#include <utility>

#include "base/limits.h"

namespace blkhang {
namespace {

std::string kept(std::string_view text) { return std::string(text.substr(0, limits::kName)); }

}  // namespace

std::optional<std::size_t> StoryBook::add_task(std::optional<std::int32_t> pid, std::string_view comm,
                                               const LogMoment& moment) {
    if (story_.tasks.size() >= limits::kLogTasks) {
        leave_out();
        return std::nullopt;
    }
    LogTask task;
    task.pid = pid;
    task.comm = kept(comm);
    task.at_ns = moment.at_ns;
    task.clock_ns = moment.clock_ns;
    task.boot = boot_;
    task.place = moment.place;
    story_.tasks.push_back(std::move(task));
    const auto index = story_.tasks.size() - 1;
    if (pid) {
        latest_[*pid] = index;
    }
    return index;
}

std::optional<std::size_t> StoryBook::add_complaint(LogComplaint::Kind kind, std::string_view headline,
                                                    const LogMoment& moment) {
    if (story_.complaints.size() >= limits::kLogComplaints) {
        leave_out();
        return std::nullopt;
    }
    story_.complaints.push_back({kind, kept(headline), {}, moment.at_ns, moment.place});
    return story_.complaints.size() - 1;
}

void StoryBook::add_aside(LogComplaint::Kind kind, std::string_view headline, const LogMoment& moment) {
    if (asides_ >= limits::kLogAsides) {
        leave_out();
    } else if (add_complaint(kind, headline, moment)) {
        ++asides_;
    }
}

std::optional<std::size_t> StoryBook::add_splat(std::string_view headline, const LogMoment& moment) {
    if (story_.splats.size() >= limits::kLogSplats) {
        leave_out();
        return std::nullopt;
    }
    LockdepSplat splat;
    splat.headline = kept(headline);
    splat.place = moment.place;
    story_.splats.push_back(std::move(splat));
    return story_.splats.size() - 1;
}

void StoryBook::add_frame(LogStack& stack, const FrameView& frame) {
    if (frames_ >= limits::kLogFrames || stack.size() >= limits::kLogFramesOfStack) {
        leave_out();
        return;
    }
    ++frames_;
    stack.push_back({kept(frame.function), kept(frame.offset), kept(frame.module), kept(frame.source), frame.doubted,
                     frame.inlined});
}

void StoryBook::add_lock(std::vector<LogHeldLock>& locks, const LockView& lock) {
    if (locks_ >= limits::kLogLocks || locks.size() >= limits::kLogLocksOfTask) {
        leave_out();
        return;
    }
    ++locks_;
    locks.push_back({kept(lock.name), kept(lock.taken_at)});
}

void StoryBook::add_link(LockdepSplat& splat, std::string_view name) {
    if (splat.chain.size() >= limits::kLogLinksOfSplat) {
        leave_out();
        return;
    }
    splat.chain.push_back({kept(name), {}});
}

void StoryBook::note_release(std::string_view release, bool is_banner) {
    if (!release.empty() && !release_is_of_report_ && (!is_banner || story_.release.empty())) {
        story_.release = kept(release);
        release_is_of_report_ = !is_banner;
    }
}

void StoryBook::note_boot(const LogPlace& place) {
    if (!story_.tasks.empty() && story_.tasks.back().place.text == place.text && story_.tasks.back().boot == boot_) {
        ++boot_;
        latest_.clear();
    }
}

std::optional<std::size_t> StoryBook::latest_of(std::int32_t pid) const {
    const auto found = latest_.find(pid);
    return found == latest_.end() ? std::nullopt : std::optional(found->second);
}

LogStory StoryBook::finish() {
    latest_.clear();
    return std::exchange(story_, {});
}

}  // namespace blkhang
