// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>

#include "klog/kernel_text.h"
#include "klog/story.h"

namespace blkhang {

/// A line with which the kernel begins to complain of something.
struct Headline {
    LogComplaint::Kind kind;
    std::string_view text;                        ///< the line, without what was glued to its end
    std::optional<kernel_text::TaskView> task;    ///< that the line names
    std::optional<std::uint64_t> blocked_for_ns;  ///< of a hung task
    bool in_io = false;                           ///< the hung task is "blocked in I/O wait"
};
/// The line is without prefix.
std::optional<Headline> headline_in(std::string_view line);

/// It says what happened elsewhere meanwhile, and interrupts nothing: a disk or a server that does not answer.
bool is_aside(LogComplaint::Kind kind);

/// Another story begins, or the present one is over, though not with a complaint that we know.
bool ends_report(std::string_view line);

/// journalctl's mark of another boot.
bool begins_boot(std::string_view text);
/// The line that adds to an RCU stall already told, or tells of one where none was.
bool is_starved_kthread(std::string_view line);

/// The beginning of a line that is a headline once the rest is there: mail programs wrap lines.
bool is_cut_headline(std::string_view line);

}  // namespace blkhang
