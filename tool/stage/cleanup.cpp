// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cleanup.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "stage/ledger_lock.h"

namespace blkhang {
namespace {

/// A process of that number, a swap of that name: after a reboot they may be another's.
UndoReport all_left(const std::vector<MachineChange>& changes) {
    UndoReport report;
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        report.changes.push_back({*change, UndoState::left, "whether this machine was restarted since is not known"});
    }
    return report;
}

CleanedLedger cleaned(const ChangedMachine& machine, LedgerContent ledger, const LedgerHead& now, UndoTerms terms) {
    CleanedLedger done{std::move(ledger), true, {}};
    if (done.ledger.head.boot.empty()) {
        done.report = all_left(done.ledger.changes);
        return done;
    }
    done.same_boot = terms.same_boot = done.ledger.head.boot == now.boot;
    done.report = undo(done.ledger.changes, machine, terms);
    return done;
}

/// What a process of that run told after the ledger was read, before it was killed, is undone as well.
Result<CleanedLedger> cleaned(const Directory& directory, const std::string& name, const ChangedMachine& machine,
                              const LedgerHead& now, const UndoTerms& terms) {
    auto ledger = read_ledger(directory, name);
    while (ledger) {
        const auto told = ledger->changes.size();
        auto done = cleaned(machine, std::move(*ledger), now, terms);
        ledger = read_ledger(directory, name);
        if (terms.only_look || (ledger && ledger->changes.size() == told)) {
            return done;
        }
    }
    return fail(ledger.error());
}

}  // namespace

Result<std::vector<CleanedLedger>> clean_up(const ChangedMachine& machine, const std::filesystem::path& path,
                                            const UndoTerms& terms, std::optional<pid_t> killed) {
    std::vector<CleanedLedger> all;
    if (!is_there(path)) {
        return all;
    }
    const auto directory = open_ledger_directory(path);
    if (!directory) {
        return fail(directory.error());
    }
    const auto lock = LedgerLock::take(*directory, killed);
    if (!lock) {
        return fail(lock.error());
    }
    const auto names = ledger_names(*directory);
    const auto now = ledger_head(machine.roots);
    if (!names || !now) {
        return fail(names ? now.error() : names.error());
    }
    for (const auto& name : *names) {
        auto done = cleaned(*directory, name, machine, *now, terms);
        if (!done) {
            return fail(done.error());
        }
        all.push_back(std::move(*done));
        if (!all.back().is_complete() || terms.only_look) {
            continue;
        }
        if (auto removed = directory->remove(name.c_str()); !removed) {
            return fail(removed.error());
        }
        if (::fsync(directory->descriptor()) != 0) {
            return fail_errno(fmt::format("removing the ledger {}", name));
        }
    }
    return all;
}

}  // namespace blkhang
