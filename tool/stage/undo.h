// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/apart.h"
#include "base/clock.h"
#include "base/result.h"
#include "stage/ledger.h"
#include "stage/undo_step.h"

namespace blkhang {

/// What became of a change.
enum class UndoState {
    undone,    ///< now
    was_gone,  ///< it was not so any more, or had never come to be
    rebooted,  ///< the reboot has undone it
    stands,    ///< only looked at: it would be undone
    left,      ///< it is so still, in spite of all tries
    held,      ///< not tried: something else that is left rests on it
};

struct UndoneChange {
    MachineChange change;
    UndoState state;
    std::string why = {};  ///< of what is left or held
};

struct UndoReport {
    std::vector<UndoneChange> changes;  ///< in the order in which they were undone
    /// Pages of other processes are in a swap of ours, or what undoes a change got stuck in the kernel.
    bool needs_reboot = false;

    [[nodiscard]] bool is_complete() const;  ///< nothing is left or held
};

/// Has work done where it may get stuck: its answer, or nothing if it has none by the deadline.
using Apart = std::function<Result<std::optional<std::string>>(const std::function<std::string()>& work, Deadline)>;

struct UndoTerms {
    bool same_boot = true;   ///< else all is gone that a reboot undoes, and its names may be another's
    bool only_look = false;  ///< changes nothing
    Apart apart = answer_apart;
    std::function<std::chrono::milliseconds(const MachineChange&)> patience = patience_with;
};

/// Undoes changes, the last first. First all processes in groups of ours are killed, so that the swap has less to hold.
/// Each change is tried for as long as its kind deserves, in a child process that may get stuck; none that fails stops
/// the others, but that nothing goes which something rests on that is left: what a swap is made of, until swapoff has
/// succeeded, and what leads to a path.
UndoReport undo(const std::vector<MachineChange>& changes, const ChangedMachine& machine, const UndoTerms& terms = {});

}  // namespace blkhang
