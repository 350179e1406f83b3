// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/shown.h"
#include "cli/command.h"
#include "machine/pid_namespace.h"
#include "stage/cleanup.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

Shown line_of_change(const UndoneChange& one) {
    const auto what = words_for(one.change);
    switch (one.state) {
        case UndoState::undone:
            return shown("  undone: {}\n", what);
        case UndoState::was_gone:
            return shown("  gone already: {}\n", what);
        case UndoState::rebooted:
            return shown("  undone by the reboot: {}\n", what);
        case UndoState::stands:
            return shown("  would be undone: {}\n", what);
        case UndoState::left:
            return shown("  LEFT: {}: {}\n        by hand: {}\n", what, one.why, command_to_undo(one.change));
        case UndoState::held:
            break;
    }
    return shown("  LEFT: {}: {}\n        afterwards: {}\n", what, one.why, command_to_undo(one.change));
}

void tell(const CleanedLedger& done, const std::filesystem::path& file) {
    print(shown("{}, of process {} since {}{}:\n", file.string(), done.ledger.head.pid, done.ledger.head.started,
                done.same_boot ? "" : ", before the reboot"));
    for (const auto& one : done.report.changes) {
        print(line_of_change(one));
    }
    for (const auto& damage : done.ledger.damage) {
        print(shown("  LEFT: what {} says: {}\n        look for it by hand, then: rm {}\n", file.string(), damage,
                    file.string()));
    }
    if (done.report.needs_reboot) {
        print(
            shown("  A reboot is needed: pages of other processes are in a swap of that run, or the kernel is stuck. "
                  "Afterwards: blkhang cleanup\n"));
    }
}

Result<ExitCode> cleanup(const Invocation& invocation) {
    if (::geteuid() != 0) {
        return fail(
            Error(Fault::unsupported, "only root can undo what a run has changed").hint("sudo blkhang cleanup"));
    }
    // A ledger that is shared with a container tells of processes, groups and disks of its host.
    if (!has_numbers_of_kernel("/proc")) {
        return fail(Error(Fault::unsupported, "this is a container: what a run has changed is undone on its host")
                        .hint("run `blkhang cleanup` there"));
    }
    const std::filesystem::path directory = kLedgerDirectory;
    const auto roots = Roots::make({});
    if (!roots) {
        return fail(roots.error());
    }
    LinuxSyscalls calls;
    UndoTerms terms;
    terms.only_look = invocation.flag("dry-run");
    const auto all = clean_up({*roots, calls}, directory, terms);
    if (!all) {
        return fail(all.error());
    }
    if (all->empty()) {
        print(shown("nothing to undo: no run has left a ledger in {}\n", directory.string()));
    }
    bool is_complete = true;
    for (const auto& done : *all) {
        tell(done, directory / done.ledger.name);
        is_complete &= done.is_complete();
    }
    return is_complete ? ExitCode::ok : ExitCode::broken;
}

}  // namespace

Command cleanup_command() {
    Command command{
        .name = "cleanup",
        .summary = "undo what a run on this host has left behind that was killed",
        .synopsis = {"[--dry-run]"},
        .description =
            {"A run on this host writes every change to a ledger in /var/lib/blkhang before it makes it, and undoes "
             "all "
             "of them when it ends. Where it could not, because it was killed or the machine was restarted, cleanup "
             "does, from the last change to the first: processes and control groups, swap, mounts, loop, null_blk and "
             "nbd devices, modules, values of kernel files, first pages of disks, files.",
             "Each change is looked at first: what is not so any more, or had never come to be, is no trouble, and "
             "cleanup may be called as often as one likes. Each is tried for some seconds, swapoff for a minute, in a "
             "process of its own, since it may get stuck in a kernel that hangs. None that fails stops the others, but "
             "what a swap is made of stays until swapoff has succeeded: it holds pages of any process. What is left is "
             "named with the command that undoes it by hand, and the ledger stays for another try.",
             "After a reboot, what that has undone is left alone, since names and numbers may be another's by now. "
             "Files are removed, and a disk that still carries the swap header of the run gets its old first page "
             "back.",
             "While a run goes on, cleanup refuses, and says which process it is."},
        .sections = {},
        .exit_status = {{"0", "all is undone, or there was nothing to undo; with --dry-run, it could be looked at"},
                        {"2", "a run goes on, or others than root can write to the ledgers"},
                        {"4", "root is needed, or this is a container"},
                        {"5", "something is left; it is named"}},
        .examples = {{"blkhang cleanup --dry-run", "what would be undone?"},
                     {"blkhang cleanup", "after a run was killed, or the machine was reset"}},
        .positionals = {},
        .options = {},
        .run = cleanup,
    };
    command.options.add_options()("dry-run", po::bool_switch(), "say what would be undone, and change nothing");
    return command;
}

}  // namespace blkhang
