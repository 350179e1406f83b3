// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/host_run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/signals.h"
#include "base/words.h"
#include "build_version.h"
#include "machine/build_config.h"
#include "machine/device_claim.h"
#include "machine/facts.h"
#include "machine/host_reader.h"
#include "onhost/guardian.h"
#include "onhost/guest_parts.h"
#include "onhost/memory_floor.h"
#include "onhost/reboot_text.h"
#include "onhost/reset_for_hang.h"
#include "onhost/ring_sink.h"
#include "onhost/time_limit.h"
#include "record/recorder.h"
#include "record/stream.h"
#include "run/engine.h"
#include "run/hello.h"
#include "run/survive.h"
#include "stage/cleanup.h"
#include "stage/delegated_scope.h"
#include "stage/host_site.h"
#include "stage/kept_ledger.h"
#include "stage/ledger_file.h"
#include "stage/scope_ledger.h"
#include "stage/undo.h"
#include "watch/fanout.h"
#include "watch/kernel_log_marks.h"
#include "watch/own_process.h"
#include "watch/shared_ring.h"
#include "watch/watchdog_holder.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the load's side tells while the recorder may be held up by a disk.
constexpr std::size_t kRingBytes = std::size_t{16} << 20U;
constexpr std::size_t kRecorderHeap = std::size_t{8} << 20U;
constexpr auto kReadPeriod = milliseconds(20);
constexpr auto kLookPeriod = milliseconds(500);
constexpr auto kScopeTime = seconds(30);
/// For undoing, beyond what a run may take.
constexpr auto kUndoTime = seconds(180);
/// For the load's side to be gone once it was killed; after that it is stuck in the kernel.
constexpr auto kLoadEndTime = seconds(10);

/// In the ring, beside observations: a sentence for who started the run.
constexpr char kNotice = 'N';

/// The run's own files of this machine.
struct Ground {
    const Roots& roots;
    KeptLedger& ledger;
    LinuxSyscalls& calls;
    [[nodiscard]] Staging staging() const { return {roots, ledger, calls}; }
};

/// What the process does that the load is a child of, from staging on.
[[noreturn]] void be_the_load(const HostRunRequest& request, const Profile& profile, const GuestParts& guests,
                              Ground ground, const DelegatedScope& scope, SharedRing& ring, WatchdogHolder* holder,
                              pid_t parent) {
    become("blkhang-load", parent);
    ::setsid();  // what is in this session is ours (Healing::own)
    return_large_blocks();
    Fanout evidence;
    evidence.add(std::make_unique<RingSink>(ring));
    evidence.add(std::make_unique<KernelLogMarks>());
    const auto give_up = [&](const Error& error) {
        evidence.send(seen::Failure{error.message()});
        evidence.send(seen::End{monotonic_ns(), kernel_taint()});
        ::_exit(0);
    };
    const auto hello = hello_of_this_kernel();
    evidence.send(hello);
    if (request.more_evidence) {
        auto more = request.more_evidence();
        if (!more) {
            give_up(more.error());
        }
        for (auto& sink : *more) {
            evidence.add(std::move(sink));
        }
    }
    if (auto admitted = scope.admit(::getpid()); !admitted) {
        give_up(admitted.error());
    }
    for (const auto& note : guests.notes) {
        evidence.send(seen::Note{monotonic_ns(), note});
    }
    const auto stress_ng = gather_host_facts().stress_ng;
    LibCgroup cgroups;
    ScopeLedger ledger(ground.ledger, scope.directory());
    const Staging staging{ground.roots, ledger, ground.calls};
    HostSite site(staging, cgroups, request.disks, scope.place(), stress_ng.value_or(""), guests.means,
                  request.heal ? Healing::own : Healing::forbidden);
    Job job;
    job.profile = profile;
    const auto notice = [&ring](const std::string& text) {
        static_cast<void>(KernelLogMarks().mark(text));
        ring.put(kNotice, text);
    };
    BeginStandingHang begin;
    if (holder != nullptr) {
        begin = [&](const Deadlock& deadlock, std::uint64_t lost_in_run, std::uint64_t lost_events,
                    std::uint64_t proven_ns) {
            return std::make_unique<ResetForHang>(*holder, deadlock, lost_in_run, lost_events, proven_ns,
                                                  request.give_up, notice);
        };
    }
    carry_out(job, hello, evidence, site, begin);
    evidence.send(seen::End{monotonic_ns(), kernel_taint()});
    ::_exit(0);
}

/// Takes what the load's side tells until that has ended, and says how it did.
class Recording {
public:
    /// `groups`: the directory of the load's groups; `throttle`: the file in each of them that limits writes.
    Recording(Recorder& recorder, SharedRing& ring, OwnProcess load, const Guardian& guardian, const fs::path& groups,
              const char* throttle, Progress& progress, const std::function<void(const std::string&)>& notice)
        : recorder_(recorder),
          ring_(ring),
          load_(load),
          guardian_(guardian),
          throttle_(groups / throttle),
          of_writer_(groups / "writer0" / throttle),
          progress_(progress),
          notice_(notice) {}

    RunEnd record(Deadline deadline) {
        RunEnd end;
        for (;;) {
            const bool ended = load_.ended();  // what it told before is in the ring
            take_all();
            if (ended) {
                end.ended = said_end_ ? Ended::orderly : Ended::lost;
                end.detail = said_end_ ? "" : "the process that watched the load ended before it should";
                return end;
            }
            if (interrupted()) {
                return stopped(Ended::interrupted, "interrupted");
            }
            if (deadline.passed()) {
                return stopped(Ended::timed_out, "its time was over");
            }
            // A host is not endangered for what nobody could read afterwards.
            if (recorder_.failure()) {
                return stopped(Ended::interrupted, "its record cannot be written any more");
            }
            if (const auto now = monotonic_ns(); now >= next_look_ns_) {
                next_look_ns_ = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(kLookPeriod).count());
                look_at_the_throttles();
                if (!guardian_.is_there()) {
                    return stopped(Ended::interrupted,
                                   "its guardian was killed, which would undo all if this process were");
                }
                if (is_below_floor(read_file("/proc/meminfo").value_or(""))) {
                    return stopped(Ended::interrupted, "memory and swap together ran short, and the load gave way");
                }
            }
            std::this_thread::sleep_for(kReadPeriod);
        }
    }

    /// Whether the throttles were gone while the load ran.
    [[nodiscard]] bool lost_throttles() const { return lost_throttles_; }

private:
    /// And the process is killed; what it has told is kept.
    RunEnd stopped(Ended how, std::string why) {
        load_.kill();
        load_.wait(Deadline::after(kLoadEndTime));
        take_all();
        RunEnd end;
        end.ended = how;
        end.detail = std::move(why);
        return end;
    }

    void take_all() {
        char kind = 0;
        std::string line;
        while (ring_.take(kind, line)) {
            if (kind == kNotice) {
                notice_(line);
                continue;
            }
            if (const auto observation = recorder_.line(line)) {
                said_end_ = said_end_ || std::holds_alternative<seen::End>(*observation);
                is_loaded_ = is_loaded_ || is_load(*observation);
                progress_.observe(*observation);
                if (progress_.asks_so_far()) {
                    progress_.so_far(recorder_.so_far());
                }
            }
        }
        if (const auto lost = ring_.left_out(); lost != lost_) {
            lost_ = lost;
            recorder_.lost_track();
        }
    }
    static bool is_load(const Observation& observation) {
        const auto* phase = std::get_if<seen::Phase>(&observation);
        return phase != nullptr && phase->name == seen::kLoadPhase;
    }

    /// systemd takes a controller away from groups that it does not know to be somebody else's. Where the load makes
    /// groups, libcgroup brings it back for the next one, and those that were there have lost their limits.
    void look_at_the_throttles() {
        if (!is_loaded_) {
            return;
        }
        const bool is_limited = !stripped(read_file(of_writer_).value_or("")).empty();
        lost_throttles_ = lost_throttles_ || !is_there(throttle_) || (was_limited_ && !is_limited);
        was_limited_ = was_limited_ || is_limited;
    }

    Recorder& recorder_;
    SharedRing& ring_;
    OwnProcess load_;
    const Guardian& guardian_;
    fs::path throttle_, of_writer_;
    Progress& progress_;
    const std::function<void(const std::string&)>& notice_;
    bool said_end_ = false, is_loaded_ = false, was_limited_ = false, lost_throttles_ = false;
    std::uint64_t next_look_ns_ = 0, lost_ = 0;
};

/// The disks that were named, held until the load takes them.
Result<std::vector<DeviceClaim>> claim_disks(const HostDisks& disks) {
    std::vector<DeviceClaim> claims;
    const auto* named = std::get_if<NamedDisks>(&disks);
    if (named == nullptr) {
        return claims;
    }
    std::vector<std::string> names{named->data};
    names.insert(names.end(), named->swap.begin(), named->swap.end());
    for (const auto& name : names) {
        auto claim = claim_prepared_device(fs::path("/dev") / name, DevicePurpose::load);
        if (!claim) {
            return fail(claim.error());
        }
        claims.push_back(std::move(*claim));
    }
    return claims;
}

std::vector<std::string> left_in_words(const CleanedLedger& undone) {
    std::vector<std::string> left;
    for (const auto& one : undone.report.changes) {
        if (one.state == UndoState::left || one.state == UndoState::held) {
            left.push_back(fmt::format("{}: {} ({})", words_for(one.change), one.why, command_to_undo(one.change)));
        }
    }
    for (const auto& damage : undone.ledger.damage) {
        left.push_back(fmt::format("what the ledger says: {}", damage));
    }
    return left;
}

/// A run from its first change on. Whatever comes of it, what was changed is undone, or named.
class HostRun {
public:
    HostRun(const HostRunRequest& request, const Profile& profile, const GuestParts& guests, Ground ground)
        : request_(request), profile_(profile), guests_(guests), ground_(ground) {}

    Result<HostRunResult> run(Recorder recorder, Progress::Kind kind) {
        auto record = recorded(std::move(recorder), kind);
        const auto& undone = undo();
        auto left = left_in_words(undone);
        if (record) {
            return HostRunResult{std::move(*record), std::move(left), undone.report.needs_reboot};
        }
        if (left.empty()) {
            return fail(record.error());
        }
        auto messages = record.error().messages();
        std::ranges::transform(left, std::back_inserter(messages),
                               [](const auto& one) { return "not undone: " + one; });
        if (undone.report.needs_reboot) {
            std::ranges::move(about_the_reboot(request_, {}), std::back_inserter(messages));
        } else {
            messages.emplace_back("to try again: blkhang cleanup");
        }
        return fail(Error(record.error().fault(), std::move(messages)));
    }

private:
    Result<Record> recorded(Recorder recorder, Progress::Kind kind) {
        const std::string started = utc_now();
        const std::uint64_t start_ns = monotonic_ns();
        const auto limit = time_limit(request_, profile_);
        auto ring = SharedRing::make(kRingBytes);
        if (!ring) {
            return fail(ring.error());
        }
        // Before all others, which are not to have the watchdog.
        if (!request_.watchdog.empty()) {
            auto holder = WatchdogHolder::start(request_.watchdog);
            if (!holder) {
                return fail(holder.error());
            }
            holder_.emplace(std::move(*holder));
        }
        const pid_t us = ::getpid();
        auto guardian = Guardian::post(Deadline::after(limit + kUndoTime), [this](std::optional<pid_t> deaf) {
            static_cast<void>(clean_up({ground_.roots, ground_.calls}, request_.ledger, {}, deaf));
        });
        if (!guardian) {
            return fail(guardian.error());
        }
        guardian_ = std::move(*guardian);
        // After the guardian was forked, which would hold them, too.
        auto claims = claim_disks(request_.disks);
        if (!claims) {
            return fail(claims.error());
        }
        auto scope = DelegatedScope::make(ground_.staging(), fmt::format("blkhang-{}", us),
                                          {request_.memory_budget, kTasks}, Deadline::after(kScopeTime));
        if (!scope) {
            return fail(scope.error());
        }
        scope_ = std::move(*scope);
        // The kernel opens what it swaps to exclusively, and nothing else may have.
        claims->resize(std::min<std::size_t>(claims->size(), 1));
        const pid_t load = ::fork();
        if (load < 0) {
            return fail_errno("forking the process that watches the load");
        }
        if (load == 0) {
            guardian_->forget();
            be_the_load(request_, profile_, guests_, ground_, *scope_, *ring, holder_ ? &*holder_ : nullptr, us);
        }
        if (auto beats = holder_ ? holder_->begin_beating() : Status(); !beats) {
            OwnProcess(load).kill();
            return fail(beats.error());
        }
        // A host that freezes must not hold up who records it.
        static_cast<void>(prepare_to_survive(kRecorderHeap));
        Progress progress(STDERR_FILENO, kind, profile_.duration);
        Recording recording(recorder, *ring, OwnProcess(load), *guardian_, scope_->directory() / "load",
                            throttle_file(), progress, request_.notice);
        auto end = recording.record(Deadline::after(limit));
        end.started = started;
        end.total_s = seconds_since(start_ns);
        auto record = recorder.finish(end, [&](Record& made) {
            if (recording.lost_throttles() && made.verdict.value == Verdict::clean) {
                made.verdict.value = Verdict::inconclusive;
                made.verdict.reasons.insert(made.verdict.reasons.begin(),
                                            "the throttles of the load's groups were gone before its end: somebody "
                                            "took the io controller away from them");
            }
        });
        if (const auto news = holder_ ? holder_->news() : std::nullopt) {
            request_.notice(*news);
        }
        progress.enter("undo");
        undo();
        return record;
    }

    /// Enough for the writers, the members of groups, and whoever makes them; a bound, not a demand.
    static constexpr std::uint64_t kTasks = 16384;

    [[nodiscard]] const char* throttle_file() const {
        return scope_->place().version == CgroupVersion::v1 ? "blkio.throttle.write_bps_device" : "io.max";
    }

    /// Once. The file knows more than we do: most of it was told by the process that makes the load.
    const CleanedLedger& undo() {
        if (undone_) {
            return *undone_;
        }
        undone_ = CleanedLedger{told_by_all(), true, {}};
        undone_->report = blkhang::undo(undone_->ledger.changes, {ground_.roots, ground_.calls});
        if (undone_->is_complete()) {
            static_cast<void>(ground_.ledger.finish());
        }
        if (guardian_) {
            guardian_->dismiss();
        }
        return *undone_;
    }
    [[nodiscard]] LedgerContent told_by_all() const {
        const auto name = ground_.ledger.path().filename().string();
        auto content = open_ledger_directory(request_.ledger).and_then([&](const Directory& directory) {
            return read_ledger(directory, name);
        });
        if (content) {
            return std::move(*content);
        }
        LedgerContent ours;
        ours.changes = ground_.ledger.changes();
        ours.damage.push_back(content.error().message());
        return ours;
    }

    const HostRunRequest& request_;
    const Profile& profile_;
    const GuestParts& guests_;
    Ground ground_;
    std::optional<WatchdogHolder> holder_;  ///< gives the watchdog back when this ends
    std::optional<Guardian> guardian_;
    std::optional<DelegatedScope> scope_;
    std::optional<CleanedLedger> undone_;
};

std::string config_here() {
    HostReader reader;
    return read_build_config(reader, gather_host_facts().release);
}

}  // namespace

Result<HostRunResult> run_on_this_host(const HostRunRequest& request, const ScaledProfile& scaled,
                                       Progress::Kind progress) {
    const Profile& profile = scaled.profile;
    auto claim = RecordClaim::make(request.directory);
    if (!claim) {
        return fail(claim.error());
    }
    const auto roots = Roots::make({});
    if (!roots) {
        return fail(roots.error());
    }
    const auto config = config_here();
    auto recorder = Recorder::open(std::move(*claim),
                                   {.profile = profile.name,
                                    .demands = demands_of(profile),
                                    .plant = "",
                                    .kernel = "running",
                                    .tool_version = kVersion,
                                    .tool_commit = kCommit,
                                    .config = relevant_options(config),
                                    .site = "host"},
                                   profile);
    if (!recorder) {
        return fail(recorder.error());
    }
    recorder->kernel_config(config);
    auto guests = find_guest_parts(profile, request.guest_image);
    if (!guests) {
        return fail(guests.error());
    }
    guests->notes.insert(guests->notes.begin(), scaled.chosen.begin(), scaled.chosen.end());
    // Last, for one that is begun has to be finished.
    const auto ledger = KeptLedger::begin(*roots, request.ledger);
    if (!ledger) {
        return fail(ledger.error());
    }
    LinuxSyscalls calls;
    return HostRun(request, profile, *guests, {*roots, **ledger, calls}).run(std::move(*recorder), progress);
}

}  // namespace blkhang
