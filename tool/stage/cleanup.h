// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "base/result.h"
#include "stage/ledger_file.h"
#include "stage/undo.h"

namespace blkhang {

/// What came of the ledger of a run that is dead.
struct CleanedLedger {
    LedgerContent ledger;
    bool same_boot = true;
    UndoReport report;

    /// All is undone, and the ledger says all that there was. If not, its file stays, for another try.
    [[nodiscard]] bool is_complete() const { return report.is_complete() && ledger.damage.empty(); }
};

/// Undoes what dead runs have left behind, the newest first, and removes the ledgers of which nothing is left. None if
/// there is no such directory, or nothing in it. Fault::usage if a run goes on. Of the terms, `same_boot` is found out
/// here, ledger by ledger; with `only_look` nothing is changed.
///
/// `killed` is a run's process that was given SIGKILL: it is dead, even if it cannot end. See LedgerLock.
Result<std::vector<CleanedLedger>> clean_up(const ChangedMachine& machine, const std::filesystem::path& directory,
                                            const UndoTerms& terms = {}, std::optional<pid_t> killed = {});

}  // namespace blkhang
