// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/shown.h"
#include "base/units.h"
#include "base/utc.h"
#include "build_version.h"
#include "cli/command.h"
#include "cli/log_files.h"
#include "cli/terminal.h"
#include "evidence/block_writer.h"
#include "evidence/collected_run.h"
#include "evidence/joined_run.h"
#include "evidence/journal_reader.h"
#include "evidence/pstore.h"
#include "evidence/recovered_record.h"
#include "guest/record_directory.h"
#include "machine/boot_time.h"
#include "report/text/record.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

/// All that was named, as far as it can be read.
struct Survivors {
    std::vector<SurvivingRun> runs;
    std::vector<std::string> logs;
    std::vector<std::string> problems;
};

std::vector<std::string> paths_given(const Invocation& invocation, const std::string& option) {
    return invocation.has(option) ? invocation.texts(option) : std::vector<std::string>{};
}

Result<Survivors> survivors(const Invocation& invocation) {
    Survivors all;
    const auto add = [&](const Result<std::vector<SurvivingRun>>& runs) -> Status {
        if (!runs) {
            return fail(runs.error());
        }
        std::ranges::copy(*runs, std::back_inserter(all.runs));
        return {};
    };
    for (const std::string& path : paths_given(invocation, "journal")) {
        if (auto added = add(read_journal(fs::path(path))); !added) {
            return fail(added.error());
        }
    }
    if (invocation.has("collected")) {
        const auto directory = Directory::open(invocation.text("collected"));
        if (!directory) {
            return fail(directory.error());
        }
        const std::string host = invocation.has("host") ? invocation.text("host") : "";
        if (auto added = add(read_collected(*directory, host, all.problems)); !added) {
            return fail(added.error());
        }
    }
    if (invocation.has("pstore")) {
        auto logs = pstore_logs(invocation.text("pstore"), all.problems);
        if (!logs) {
            return fail(logs.error());
        }
        all.logs = std::move(*logs);
    }
    std::ranges::copy(paths_given(invocation, "log"), std::back_inserter(all.logs));
    return all;
}

Status heed_since(const Invocation& invocation, Survivors& all) {
    if (!invocation.has("since")) {
        return {};
    }
    const auto since = seconds_of_utc(invocation.text("since"));
    if (!since || *since < 0) {
        return fail(Error(Fault::usage, fmt::format("--since: '{}' is no time", invocation.text("since")))
                        .hint("as records have it, in UTC: 2026-11-22T20:00:00Z"));
    }
    leave_out_before(static_cast<std::uint64_t>(*since) * kNsPerS, all.runs);
    return {};
}

/// What is there and goes into no record.
void tell_rest(const Survivors& all, const RunChoice& choice) {
    for (const std::string& problem : all.problems) {
        complain(shown("blkhang: skipped: {}\n", problem));
    }
    for (const std::string& other : choice.others) {
        complain(shown("blkhang: also there: {}\n", other));
    }
}

Result<RecordClaim> claim_for_record(const Invocation& invocation, const std::string& host) {
    const auto path =
        invocation.has("out") ? Result<fs::path>(invocation.text("out")) : new_record_directory({"recovered", host});
    return path ? RecordClaim::make(*path) : Result<RecordClaim>(tl::unexpect, path.error());
}

Result<Record> recovered(const Survivors& all, const RunChoice& choice, RecordClaim claim, std::string_view this_host) {
    auto next_boot_ns = choice.next_boot_ns;
    if (choice.run && choice.run->host == this_host && !next_boot_ns) {
        next_boot_ns = boot_time_ns();
    }
    RunFacts facts;
    facts.tool_version = kVersion;
    facts.tool_commit = kCommit;
    auto record = RecoveredRecord::open(std::move(claim), std::move(facts));
    if (!record) {
        return fail(record.error());
    }
    const LogSink sink{.text = [&](std::string_view name) { record->begin_text(name); },
                       .line = [&](std::string_view line) { record->line(line); }};
    if (auto read = read_logs(all.logs, sink); !read) {
        return fail(read.error());
    }
    return record->finish(choice.run, next_boot_ns);
}

Result<ExitCode> recover(const Invocation& invocation) {
    const auto has = [&](const char* option) { return invocation.has(option); };
    if (!has("journal") && !has("pstore") && !has("collected") && !has("log")) {
        return fail(Error(Fault::usage, "nothing is named to recover from")
                        .hint("--journal PATH, --pstore, --collected DIR or --log FILE"));
    }
    auto all = survivors(invocation);
    if (!all) {
        return fail(all.error());
    }
    if (auto left_out = heed_since(invocation, *all); !left_out) {
        return fail(left_out.error());
    }
    const auto here = WriterIdentity::of_this_machine();
    if (!here) {
        return fail(here.error());
    }
    const auto choice =
        choose_run(all->runs, here->boot, invocation.has("host") ? invocation.text("host") : "", here->host);
    if (!choice) {
        return fail(choice.error());
    }
    tell_rest(*all, *choice);
    if (!choice->run && all->logs.empty()) {
        print(shown("inconclusive: nothing survived of a boot that is over\n"));
        return ExitCode::inconclusive;
    }
    if (auto there = check_logs(all->logs); !there) {
        return fail(there.error());
    }
    auto claim = claim_for_record(invocation, choice->run ? choice->run->host : here->host);
    if (!claim) {
        return fail(claim.error());
    }
    const std::string directory = claim->directory().path().string();
    const auto record = recovered(*all, *choice, std::move(*claim), here->host);
    if (!record) {
        return fail(record.error());
    }
    if (invocation.flag("json")) {
        print(Shown::lines(encode(*record)));
    } else {
        const TextOptions options{
            .columns = report_columns(), .colour = invocation.common.colour_out, .directory = directory};
        print(shown("{}\nrecord: {}\n", Shown::painted(render_text(*record, options)), directory));
    }
    return exit_code(record->verdict.value);
}

}  // namespace

Command recover_command() {
    Command command{
        .name = "recover",
        .summary = "put together what survived of a host that froze",
        .synopsis = {"[--journal PATH]...", "[--pstore[=DIR]]", "[--collected DIR]", "[--log FILE]...", "[--host NAME]",
                     "[--since TIME]", "[--out DIR]", "[--json]"},
        .description =
            {"After the reboot, reads what `blkhang watch` had put out before the machine froze or was cut off, joins "
             "what came by several ways, judges it as the watcher itself would have, and leaves a record with a "
             "verdict, as a run does. Says what is missing, from the last sign of life to the next boot.",
             "Everything is only read: nothing is mounted, and nothing is removed from pstore or anywhere else. What "
             "is torn or damaged is skipped and counted, never believed. That a machine went away is no proof of "
             "anything: what does not prove a hang is inconclusive.",
             "Of several runs, the last one is taken of a boot that is over; the others are named."},
        .sections =
            {{"SOURCES",
              {{"--journal", "what `blkhang watch --journal` was given: a disk, /dev/pmem0 or a file; or a copy of it"},
               {"--pstore",
                "what firmware or reserved memory kept of the kernel's log, /sys/fs/pstore unless DIR is given. Most "
                "kernels keep something only when they panic"},
               {"--collected", "the directory of `blkhang collect`, or a copy of it"},
               {"--log",
                "a kernel's log of that boot: of a serial console, `journalctl -k -b -1`, or the netconsole text of "
                "`blkhang collect`. Logs are read as `blkhang diagnose` does, and speak where the watcher's own "
                "evidence proves nothing"}}}},
        .exit_status = {{"0", "never: that nothing was seen on a host says nothing about its kernel"},
                        {"1", "hang or hazard"},
                        {"2", "what is named cannot be read, or is of several hosts"},
                        {"3", "inconclusive: nothing survived, or it proves nothing"},
                        {"4", "unsupported: the watcher could not watch that kernel"},
                        {"5", "the record could not be written"}},
        .examples = {{"blkhang recover --journal /dev/vdb", "from a disk that was prepared for the journal"},
                     {"blkhang recover --journal /dev/pmem0 --pstore",
                      "after a watchdog's reset: from memory that outlived it, and what the firmware kept"},
                     {"blkhang recover --collected /srv/evidence --host kvm7 --out kvm7",
                      "on the collector, of a host that does not come back"},
                     {"journalctl -k -b -1 | blkhang recover --log - --journal /srv/journal",
                      "with the log of the boot before this one"}},
        .positionals = {},
        .options = {},
        .run = recover,
    };
    command.options.add_options()  //
        ("journal", po::value<std::vector<std::string>>()->value_name("PATH"),
         "a journal; may be given several times")  //
        ("pstore", po::value<std::string>()->value_name("DIR")->implicit_value("/sys/fs/pstore"),
         "the kernel's last words, as pstore has them")                                          //
        ("collected", po::value<std::string>()->value_name("DIR"), "what blkhang collect kept")  //
        ("log", po::value<std::vector<std::string>>()->value_name("FILE"),
         "a kernel's log, \"-\" being standard input; may be given several times")  //
        ("host", po::value<std::string>()->value_name("NAME"),
         "whose evidence, where there is that of several; by default this machine's, or that of the only one")  //
        ("since", po::value<std::string>()->value_name("TIME"),
         "leave out runs that began before, such as 2026-11-22T20:00:00Z")  //
        ("out", po::value<std::string>()->value_name("DIR"),
         "the record's directory; by default a new one among the runs")  //
        ("json", po::bool_switch(), "print the record as JSON");
    return command;
}

}  // namespace blkhang
