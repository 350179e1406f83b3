// SPDX-License-Identifier: GPL-2.0-only
#include "klog/story_book.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace blkhang {
namespace {

std::string kept(std::string_view text) { return std::string(text.substr(0, limits::kName)); }

/// When a text begins, as far as its first task tells.
struct Beginning {
    std::uint32_t text, boot;
    std::optional<std::uint64_t> at_ns, clock_ns;
};

bool is_before(const Beginning& one, const Beginning& other) {
    if (one.boot != other.boot) {
        return one.boot < other.boot;
    }
    return one.at_ns ? one.at_ns < other.at_ns : one.clock_ns < other.clock_ns;
}

/// The texts that tasks stand in, by the time at which they begin, if all tell it by the same clock; else as they came.
std::vector<Beginning> texts_by_time(const LogStory& story) {
    std::vector<Beginning> texts;
    for (const LogTask& task : story.tasks) {
        if (texts.empty() || texts.back().text != task.place.text) {
            texts.push_back({task.place.text, task.boot, task.at_ns, task.clock_ns});
        }
    }
    const auto all_tell = [&](auto time) {
        return std::ranges::all_of(texts, [&](const Beginning& text) { return (text.*time).has_value(); });
    };
    if (all_tell(&Beginning::at_ns) ||
        (all_tell(&Beginning::clock_ns) &&
         std::ranges::none_of(texts, [](const auto& text) { return text.at_ns.has_value(); }))) {
        std::ranges::stable_sort(texts, is_before);
    }
    return texts;
}

bool stands_before(const LogPlace& one, const LogPlace& other) {
    return one.text != other.text ? one.text < other.text : one.line < other.line;
}

/// Several texts are one story, in whatever order they were given: what was later is told later.
void put_in_order(LogStory& story) {
    const auto texts = texts_by_time(story);
    std::map<std::uint32_t, std::uint32_t> rank;  // those in which no task stands keep theirs
    std::vector<std::uint32_t> as_given;
    as_given.reserve(texts.size());
    for (const Beginning& text : texts) {
        as_given.push_back(text.text);
    }
    std::ranges::sort(as_given);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        rank[texts[i].text] = as_given[i];
    }
    const auto put = [&](auto& things) {
        for (auto& thing : things) {
            const auto found = rank.find(thing.place.text);
            thing.place.text = found == rank.end() ? thing.place.text : found->second;
        }
        std::ranges::stable_sort(
            things, [](const auto& one, const auto& other) { return stands_before(one.place, other.place); });
    };
    if (!std::ranges::is_sorted(texts, {}, &Beginning::text)) {
        put(story.tasks);
        put(story.complaints);
        put(story.splats);
    }
}

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
    put_in_order(story_);
    return std::exchange(story_, {});
}

}  // namespace blkhang
