// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/names.h"
#include "base/output.h"
#include "base/shown.h"
#include "base/signals.h"
#include "base/sizes.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "evidence/block_sink.h"
#include "evidence/journal_place.h"
#include "guest/record_directory.h"
#include "profile/profile.h"
#include "record/stream.h"
#include "watch/host_watch.h"
#include "watch/status_line.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t kFromLineToLineNs = kNsPerS;
constexpr std::uint64_t kFromStatusToStatusNs = 10 * kNsPerS;

Result<VigilTerms::Heal> heal_mode(const std::string& text) {
    if (text == "on") {
        return VigilTerms::Heal::on;
    }
    if (text == "dry-run") {
        return VigilTerms::Heal::dry_run;
    }
    return fail(Error(Fault::usage, fmt::format("--heal: '{}' is neither on nor dry-run", text))
                    .hint("write --heal, or --heal=dry-run"));
}

/// When the host is given up, and what is done then.
Status read_last_resort(const Invocation& invocation, WatchRequest& request) {
    request.panic_on_proof = invocation.flag("panic-on-proof");
    if (invocation.has("watchdog")) {
        request.watchdog = invocation.text("watchdog");
    }
    if (request.panic_on_proof && !request.watchdog.empty()) {
        return fail(Error(Fault::usage,
                          "--watchdog and --panic-on-proof: a watchdog that runs would reset the host while the panic "
                          "is being kept")
                        .hint("give one of them; a panic reboots by itself (kernel.panic, kdump)"));
    }
    const auto give_up = give_up_of(invocation, request.panic_on_proof || !request.watchdog.empty(),
                                    "--watchdog /dev/watchdogN, or --panic-on-proof");
    if (!give_up) {
        return fail(give_up.error());
    }
    request.terms.give_up = give_up->value_or(request.terms.give_up);
    return {};
}

/// Where a watch keeps what the one after it has to know: the service's own directory (systemd.exec(5)), or that of the
/// records; nowhere if that is a new one.
std::filesystem::path state_file(const std::filesystem::path& out) {
    const char* given = std::getenv("STATE_DIRECTORY");
    const std::string directories = given == nullptr ? "" : given;
    const auto directory =
        directories.empty() ? out : std::filesystem::path(directories.substr(0, directories.find(':')));
    return directory.empty() ? directory : directory / "watch-state.json";
}

/// What is told on the way, on the terminal or as lines.
class WatchDisplay {
public:
    explicit WatchDisplay(const Invocation& invocation)
        : json_(invocation.flag("json")),
          quiet_(invocation.common.verbosity == Verbosity::quiet),
          live_(!json_ && !quiet_ && can_redraw_progress()) {}

    void attached(const seen::Tier& tier) {
        if (json_) {
            print(Shown::lines(encode(Observation{tier}) + "\n"));
        }
        if (json_ || quiet_) {
            return;
        }
        line(shown("watching, tier {}: {} probes; {}\n", tier.used, tier.attached.size(), blind_to(tier)));
    }
    void status(const WatchStatus& status) {
        const auto now = monotonic_ns();
        if (json_ && now - shown_ns_ >= kFromStatusToStatusNs) {
            shown_ns_ = now;
            print(Shown::lines(encode(status) + "\n"));
        } else if (live_ && now - shown_ns_ >= kFromLineToLineNs) {
            shown_ns_ = now;
            static_cast<void>(
                show(STDERR_FILENO, Shown::painted(fmt::format("\r{}\x1b[K", status_line(status, columns() - 1)))));
            is_line_open_ = true;
        }
    }
    void finding(const Finding& finding) {
        if (json_) {
            print(Shown::lines(encode(finding) + "\n"));
            return;
        }
        line(shown("{} {}: {}\n", finding.at, to_string(finding.kind), finding.summary));
        if (!finding.heal.empty()) {
            line(shown("  heal: {}\n", finding.heal));
        }
        line(shown("  record: {}\n", finding.record));
    }
    void notice(const std::string& text) {
        end_line();
        complain(shown("blkhang: {}\n", text));
    }
    void done(const WatchStatus& status) {
        end_line();
        if (json_) {
            print(Shown::lines(encode(status) + "\n"));
        } else {
            print(shown("{}\n", closing_line(status)));
        }
    }

private:
    static std::size_t columns() {
        winsize size{};
        constexpr std::size_t kUsual = 80;
        return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : kUsual;
    }
    void line(const Shown& text) {
        end_line();
        print(text);
    }
    void end_line() {
        if (std::exchange(is_line_open_, false)) {
            complain(Shown::painted("\r\x1b[K"));
        }
    }

    bool json_, quiet_, live_;
    bool is_line_open_ = false;
    std::uint64_t shown_ns_ = 0;
};

Result<WatchRequest> watch_request(const Invocation& invocation) {
    WatchRequest request;
    const auto tier = named<TierChoice>(kTierNames, invocation.text("tier"));
    if (!tier) {
        return fail(Fault::usage,
                    fmt::format("--tier: '{}' is none of {}", invocation.text("tier"), fmt::join(kTierNames, ", ")));
    }
    request.tier = *tier;
    if (invocation.has("duration")) {
        const auto span = parse_duration(invocation.text("duration"));
        if (!span) {
            return fail_within(span.error(), "--duration");
        }
        request.duration = std::chrono::ceil<std::chrono::seconds>(*span);
    }
    if (invocation.has("heal")) {
        const auto heal = heal_mode(invocation.text("heal"));
        if (!heal) {
            return fail(heal.error());
        }
        request.terms.heal = *heal;
    }
    if (auto read = read_last_resort(invocation, request); !read) {
        return fail(read.error());
    }
    if (invocation.has("spare")) {
        request.terms.spare = invocation.texts("spare");
    }
    if (invocation.has("exec")) {
        request.exec = invocation.text("exec");
    }
    if (invocation.has("metrics")) {
        request.metrics = std::filesystem::absolute(invocation.text("metrics"));
    }
    const auto text_of = [&](const char* option) {
        return invocation.has(option) ? invocation.text(option) : std::string();
    };
    if (const EvidencePlaces places{text_of("journal"), text_of("collector"), text_of("key")};
        invocation.has("journal") || invocation.has("collector") || invocation.has("key")) {
        request.more_evidence = [places] { return open_evidence(places); };
    }
    if (invocation.has("out")) {
        request.out = std::filesystem::absolute(invocation.text("out"));
        request.state = state_file(request.out);
    } else {
        request.state = state_file({});
        auto directory = new_record_directory({"watch"});
        if (!directory) {
            return fail(directory.error());
        }
        request.out = std::move(*directory);
    }
    return request;
}

/// A directory that was named and cannot hold records is told now, and not when there is something to record.
Status make_place(const std::filesystem::path& out) {
    constexpr const char* kHint = "name a directory that can be written with --out";
    if (auto made = Directory::make(out); !made) {
        return fail(Error(made.error()).hint(kHint));
    }
    return ::access(out.c_str(), W_OK | X_OK) == 0 ? Status{} : fail(unwritable(out, errno).hint(kHint));
}

Result<ExitCode> watch(const Invocation& invocation) {
    const auto request = watch_request(invocation);
    if (!request) {
        return fail(request.error());
    }
    const bool was_there = is_there(request->out);
    if (invocation.has("out")) {
        if (auto place = make_place(request->out); !place) {
            return fail(place.error());
        }
    }
    catch_interrupts();
    WatchDisplay display(invocation);
    const auto attached = [&](const seen::Tier& tier) {
        display.attached(tier);
        // Only now is it there, if it is a new file.
        const auto doubt = invocation.has("journal") ? doubt_about_place(invocation.text("journal")) : std::nullopt;
        if (doubt) {
            display.notice(*doubt);
        }
    };
    const auto status = watch_host(*request, {.attached = attached,
                                              .status = [&](const WatchStatus& status) { display.status(status); },
                                              .finding = [&](const Finding& finding) { display.finding(finding); },
                                              .notice = [&](const std::string& text) { display.notice(text); }});
    if (!status) {
        if (std::error_code ignored; !was_there) {
            std::filesystem::remove(request->out, ignored);  // if nothing is in it
        }
        // Else the last reason of the last tier would have to say so.
        return fail(::geteuid() == 0 ? status.error() : Error(status.error()).hint("watching takes root"));
    }
    display.done(*status);
    return count_findings(*status) == 0 ? ExitCode::ok : ExitCode::bad_kernel;
}

}  // namespace

Command watch_command() {
    Command command{
        .name = "watch",
        .summary = "watch this host under its own load, and say when it hangs or could",
        .synopsis = {"[--duration TIME]", "[--out DIR]", "[--heal[=dry-run]]", "[--spare GLOB]...", "[--exec CMD]",
                     "[--watchdog /dev/watchdogN | --panic-on-proof]", "[--give-up TIME]", "[--metrics FILE]",
                     "[--journal PLACE]", "[--collector ADDRESS --key FILE]", "[--tier TIER]", "[--json]"},
        .description =
            {R"(Attaches probes to the kernel that runs here and looks on, until it is told to end or TIME is over.
Makes no load and changes nothing. Nothing lies on the way of every bio: only what is rare is probed
(per-CPU allocation, reclaim, swap-out, the slow ways of mutexes and queues, the freezing of
queues), so a host does not feel it. What cannot be seen for that is said when it begins: which bios
are submitted from where, and who waits for memory to make one; before 5.16, where the way into a
queue is that of every bio, who waits for a frozen queue; and in tier tracepoint anything of queues.)",
             R"(A finding is told once, with a record of its own below DIR, which `blkhang report` reads: a hang,
proven, with the tasks and stacks of its cycle (or tasks that have waited for each other over memory
for a minute); a hazard, for each cycle of locks that could close and for waits in a circle that
ended by themselves; a long wait, for a thing that somebody has waited for for 30 s, with who holds
it. A proof is told to the kernel's log as well, in one line, so that consoles and netconsole have
it.)",
             R"(It never calls a kernel clean: where nothing was found it says that nothing was seen.)",
             R"(It does not attach where somebody has waited for pcpu_alloc_mutex for a second: attaching needs it,
and that host may hang already. The process that watches has its memory locked, and leaves nothing
attached when it ends, however it ends.)",
             R"(A watch that is started again in the same DIR does not tell again what was told since the machine booted,
and its metrics go on where they were: both are kept in DIR/watch-state.json, as a service in the
service's state directory.)",
             R"(As a service (see blkhang-watch.service) it tells systemd when it is ready, how it does, and that it
is alive, and the journal of each finding, with the fields BLKHANG_FINDING, BLKHANG_KEY,
BLKHANG_HEAL and BLKHANG_RECORD.)"},
        .sections = {{"HEALING",
                      {{"--heal",
                        "In guests SIGKILL to a task of the cycle freed most machines that hung. With --heal, watch "
                        "does that, once the proof is out: SIGKILL to the process of one task of the cycle after the "
                        "other, at most three, a second apart, who froze the queue first (again, if it comes to wait "
                        "once more). Only where all of it is certain: a closed cycle without a wait for memory, no "
                        "event lost, every task found in its wait by a fresh look at its stack after half a second; "
                        "and only a wait that a signal can end."},
                       {"Who is spared",
                        "Never killed are kernel threads, init (of a container, too) and systemd, sshd, whoever has a "
                        "virtual machine or "
                        "/dev/kvm open, what runs virtual machines or containers, what serves storage or changes "
                        "volumes, clusters, and databases, blkhang and who started it, and what --spare names."},
                       {"What it comes to",
                        "Which processes were killed, and whether the cycle ended, is in the finding, its record and "
                        "the kernel's log. --heal=dry-run says whom it would have killed, and kills nobody."}}},
                     {"GIVING UP",
                      {{"When",
                        "With --watchdog or --panic-on-proof, a host is given up whose proven hang was not healed, or "
                        "is not to be, and still stands after --give-up: the same circle of waits, none of them over "
                        "memory, no event lost since before the proof, and each of its tasks found in its wait by a "
                        "fresh look at its stack. Whatever else goes wrong resets nothing. See the kernel's log for "
                        "what was decided, and why."},
                       {"--watchdog",
                        "A process of its own holds the watchdog from the beginning, stopped, and starts it when the "
                        "host is given up; some 10 s later the host is reset, its evidence kept where --journal put "
                        "it. Until then the watchdog is stopped again if a wait of the circle ends. A watch that ends, "
                        "is killed, stopped (SIGSTOP) or does not move for 10 s (4 s while the watchdog runs), and a "
                        "machine that was suspended, have it given back for good (magic close), which the kernel's log "
                        "is told. Refused where it could not be stopped again (nowayout), or is taken."},
                       {"--panic-on-proof",
                        "For hosts whose pstore or kdump keeps something only of a panic. Refused where the host would "
                        "stand still after it: kernel.panic is 0, and no kdump is loaded. It is made by writing to "
                        "/proc/sysrq-trigger, which heeds no setting of kernel.sysrq."}}}},
        .exit_status = {{"0", "nothing seen"},
                        {"1", "something was found"},
                        {"2", "the command line makes no sense"},
                        {"4",
                         "this kernel cannot be watched, the host may hang already, or it has no such last resort; "
                         "nothing is attached"},
                        {"5", "the process that watches broke"}},
        .examples = {{"blkhang watch --duration 10m", "is anything to be seen on this host within ten minutes?"},
                     {"blkhang watch --out /var/lib/blkhang --heal=dry-run --metrics m.prom",
                      "for days, on a host: records, metrics, and whom healing would kill"},
                     {"blkhang watch --heal --spare backup* --exec ./on-finding",
                      "free the host where that is safe, and hand each finding to a command"},
                     {"blkhang watch --heal --journal /dev/pmem0 --watchdog /dev/watchdog0",
                      "free the host, or reset it; after the reboot: blkhang recover --journal /dev/pmem0"},
                     {"blkhang watch --json --duration 1h",
                      "how it is watched, findings and states, as lines of JSON"}},
        .positionals = {},
        .options = {},
        .run = watch,
    };
    command.options.add_options()  //
        ("duration", po::value<std::string>()->value_name("TIME"),
         "how long, such as 60s or 2h; without it, until "
         "SIGINT, SIGTERM or SIGHUP")  //
        ("out", po::value<std::string>()->value_name("DIR"),
         "where a directory is made for the record of each finding; by default a new one in "
         "$XDG_STATE_HOME/blkhang/runs or ~/.local/state/blkhang/runs. Of no use on the disk that may freeze")  //
        ("heal", po::value<std::string>()->implicit_value("on")->value_name("dry-run"),
         "SIGKILL to tasks of a proven cycle, as described below; with =dry-run, only say to which")  //
        ("spare", po::value<std::vector<std::string>>()->composing()->value_name("GLOB"),
         "never kill processes whose name fits this pattern; the kernel cuts names after 15 characters, and a longer "
         "pattern fits those that may have been cut; may be repeated")  //
        ("exec", po::value<std::string>()->value_name("CMD"),
         "run this command of the shell for each finding, which it gets as one line of JSON on standard input; it has "
         "a minute")  //
        ("watchdog", po::value<std::string>()->value_name("DEVICE"),
         "reset the host by this hardware watchdog, such as /dev/watchdog0, once it is given up")  //
        ("panic-on-proof", po::bool_switch(), "have the kernel panic once the host is given up")   //
        ("give-up", po::value<std::string>()->value_name("TIME"),
         "how long a hang has to stand after its proof until the host is given up; 30s unless it is said")  //
        ("metrics", po::value<std::string>()->value_name("FILE"),
         "keep the state of the watch in this file, for the textfile collector of Prometheus' node_exporter")  //
        ("journal", po::value<std::string>()->value_name("PLACE"),
         "keep the evidence in this journal as well, for `blkhang recover` after a reset: a device that `blkhang "
         "prepare` "
         "has marked for it, persistent memory, or a file on another disk than those at risk")  //
        ("collector", po::value<std::string>()->value_name("ADDRESS"),
         "send the evidence to `blkhang collect` there, by UDP; needs --key")                                      //
        ("key", po::value<std::string>()->value_name("FILE"), "the key that this host shares with the collector")  //
        ("tier", po::value<std::string>()->default_value("auto")->value_name("TIER"),
         "how to watch: auto, fentry, kprobe or tracepoint")  //
        ("json", po::bool_switch(),
         "print how the host is watched, findings, and each 10 s the state of the watch, as lines of JSON on standard "
         "output");
    return command;
}

}  // namespace blkhang
