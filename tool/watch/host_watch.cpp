// SPDX-License-Identifier: GPL-2.0-only
#include "watch/host_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/uname.h"
#include "base/units.h"
#include "base/words.h"
#include "build_version.h"
#include "machine/build_config.h"
#include "machine/pid_namespace.h"
#include "probe/attach.h"
#include "record/stream.h"
#include "run/hello.h"
#include "run/percpu_waiters.h"
#include "run/survive.h"
#include "watch/fanout.h"
#include "watch/kernel_log_marks.h"
#include "watch/metrics.h"
#include "watch/own_process.h"
#include "watch/panic_on_proof.h"
#include "watch/rehearsal.h"
#include "watch/scribe.h"
#include "watch/service_manager.h"
#include "watch/shared_ring.h"
#include "watch/status_line.h"
#include "watch/task_count.h"
#include "watch/watch_state.h"
#include "watch/watchdog_holder.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Of what the watcher tells, and of what is handed on from there. Only what is written to takes memory.
constexpr std::size_t kRingBytes = 1 << 20;
constexpr std::size_t kScribeRingBytes = 4 << 20;
constexpr std::size_t kSmallRingBytes = 128 << 10;
constexpr std::size_t kWatcherHeap = 1 << 20;
/// What is read there has left the machine before, if it matters so much.
constexpr auto kReadPeriod = std::chrono::milliseconds(200);
/// Emulated machines take 15 s.
constexpr auto kAttachTime = std::chrono::seconds(60);
constexpr auto kWaiterTime = std::chrono::seconds(1);
/// For the watcher to end when it is told to, and for the others to finish what they have begun.
constexpr auto kEndTime = std::chrono::seconds(5);
constexpr auto kCommandTime = std::chrono::seconds(60);
constexpr std::size_t kStatusColumns = 200;
constexpr std::uint64_t kMetricsNs = 15 * kNsPerS;
/// From one writing of the state to the next, where nothing is found.
constexpr std::uint64_t kStateNs = std::uint64_t{15} * 60 * kNsPerS;
constexpr std::uint64_t kStatusLineNs = 5 * kNsPerS;
/// A watcher that has not gone round for so long is stuck.
constexpr std::uint64_t kStuckNs = 10 * kNsPerS;
/// How often, and how long apart, the watcher tries to tell what finds no room at once.
constexpr int kTries = 50;
constexpr auto kRetry = std::chrono::milliseconds(10);

/// The watcher's side of what it tells. Waits a little where there is no room, half a second in all for each record.
class RingOutlet final : public VigilOutlet {
public:
    RingOutlet(SharedRing& ring, const KernelLogMarks& log) : ring_(ring), log_(log) {}
    void status(const WatchStatus& status) override { ring_.put(frame::kStatus, encode(status)); }
    void begin(std::uint64_t number, Finding::Kind kind) override {
        tries_ = kTries;
        put(frame::kBegin, fmt::format("{}-{}", number, to_string(kind)));
    }
    void observation(const Observation& observation) override { put(frame::kObservation, encode(observation)); }
    void end(const Finding& finding) override {
        tries_ = kTries;
        put(frame::kEnd, encode(finding));
    }
    /// To the kernel's log as well: of what it tells, nobody else may come to hear.
    void notice(const std::string& text) override {
        static_cast<void>(log_.mark(text));
        tries_ = kTries;
        put(frame::kNotice, text);
    }

private:
    void put(char kind, const std::string& text) {
        while (!ring_.put(kind, text) && tries_-- > 0) {
            ring_.beat(monotonic_ns());
            std::this_thread::sleep_for(kRetry);
        }
    }
    SharedRing& ring_;
    const KernelLogMarks& log_;
    int tries_ = 0;
};

/// None, if none is asked for.
Result<std::unique_ptr<LastResort>> prepare_last_resort(const WatchRequest& request, SharedRing& ring,
                                                        const WatchdogHolder* holder) {
    if (holder != nullptr) {
        return holder->resort();
    }
    if (!request.panic_on_proof) {
        return std::unique_ptr<LastResort>();
    }
    auto panic = PanicOnProof::prepare();
    if (!panic) {
        return fail(panic.error());
    }
    if (!(*panic)->doubt().empty()) {
        ring.put(frame::kNotice, (*panic)->doubt());
    }
    return std::unique_ptr<LastResort>(std::move(*panic));
}

std::string what_begins(const WatchRequest& request, const seen::Tier& tier) {
    return fmt::format("watch {} begins, tier {}, healing {}{}", kVersion, tier.used,
                       request.terms.heal == VigilTerms::Heal::on ? "on" : "off",
                       !request.watchdog.empty() ? fmt::format(", {} held", request.watchdog.string())
                       : request.panic_on_proof  ? ", panics for a hang that stands"
                                                 : "");
}

/// With a ring of its own that nobody reads. Before the first sign of life: it has its own patience.
void rehearse_here(Watcher& watcher, BlockedTaskFinder& finder, const History& history, LastResort* last_resort,
                   SharedRing& ring) {
    if (auto nobodys = SharedRing::make(kRingBytes)) {
        const KernelLogMarks nowhere("/dev/null");
        RingOutlet outlet(*nobodys, nowhere);
        rehearse(watcher, finder, history, outlet, last_resort);
    }
    end_touching();
    ring.beat(monotonic_ns());
}

/// What the process that watches does, from attaching on.
Status watch_in_here(const WatchRequest& request, SharedRing& ring, WatchdogHolder* holder) {
    return_large_blocks();
    keep_threads_small();
    if (request.terms.heal != VigilTerms::Heal::off && !has_numbers_of_kernel("/proc")) {
        return fail(Error(Fault::unsupported,
                          "--heal: in a container another process may have the number that the kernel tells: nothing "
                          "was attached")
                        .hint("watch on the host itself, or with its pid namespace (--pid=host)"));
    }
    auto last_resort = prepare_last_resort(request, ring, holder);
    if (!last_resort) {
        return fail(last_resort.error());
    }
    if (const auto waiters = lasting_percpu_waiters("/proc", kWaiterTime); !waiters.empty()) {
        return fail(Error(Fault::unsupported,
                          fmt::format("{} has waited for pcpu_alloc_mutex for more than a second, which attaching "
                                      "probes needs, too: nothing was attached",
                                      task_name(waiters.front().comm, waiters.front().pid)))
                        .hint("this host may hang already: save its log, and see `blkhang diagnose --help`"));
    }
    Fanout evidence;
    if (request.more_evidence) {
        auto more = request.more_evidence();
        if (!more) {
            return fail(more.error());
        }
        for (auto& sink : *more) {
            evidence.add(std::move(sink));
        }
    }
    evidence.add(std::make_unique<KernelLogMarks>());
    const auto hello = hello_of_this_kernel();
    // Room for twice as many tasks as there are.
    auto attached = attach_watcher(request.tier, {.spares_bios = true, .tasks = 2 * count_tasks("/proc")});
    if (!attached) {
        return fail(attached.error());
    }
    // Never freed: what it has attached goes when this process does, in whatever state the machine is then.
    Watcher& watcher = *attached->release();
    if (auto learned = watcher.learn_names(); !learned) {
        return learned;
    }
    auto tier = watcher.tier().value_or(seen::Tier{});
    std::ranges::move(evidence.missing(), std::back_inserter(tier.missing));
    for (const auto& blind : watcher.blind_spots()) {
        ring.put(frame::kNotice, blind);
    }
    BlockedTaskFinder finder(find_blocked_tasks_or_rehearse);
    if (auto prepared = prepare_to_survive(kWatcherHeap, ProgramPages::touched); !prepared) {
        ring.put(frame::kNotice,
                 fmt::format("a machine that hangs may stop the watch as well: {}", prepared.error().message()));
    }
    ring.beat(monotonic_ns());
    ring.put(frame::kAttached, encode(tier));
    const KernelLogMarks log;
    static_cast<void>(log.mark(what_begins(request, tier)));
    RingOutlet outlet(ring, log);
    MachinePeople people;
    const History history(hello, tier);
    rehearse_here(watcher, finder, history, last_resort->get(), ring);
    Vigil vigil(watcher, finder, evidence, outlet, people, history, request.terms, last_resort->get());
    watcher.enable();
    const auto end = Deadline::after(request.duration.value_or(std::chrono::seconds(0)));
    vigil.watch([&] {
        ring.beat(monotonic_ns());
        if (holder != nullptr) {
            holder->watcher_is_alive();
        }
        return !ring.stopped() && !(request.duration && end.passed());
    });
    ring.put(frame::kDone, {});
    return {};
}

/// Read while the disk that holds it still answers.
std::string build_config_here() {
    HostReader reader;
    return read_build_config(reader, uname_here().release);
}

[[noreturn]] void be_the_watcher(const WatchRequest& request, SharedRing& ring, WatchdogHolder* holder, pid_t parent) {
    become("blkhang-watch", parent);
    if (auto watched = watch_in_here(request, ring, holder); !watched) {
        ring.put(frame::kRefused, encode(watched.error()));
    }
    ::_exit(0);
}

/// What is handed to a process that may get stuck: everything that has come, until it is told to end or we are gone.
template <class Take>
[[noreturn]] void serve(SharedRing& ring, pid_t parent, const Take& take) {
    char kind = 0;
    std::string text;
    for (;;) {
        const bool last = ring.stopped() || ::getppid() != parent;
        while (ring.take(kind, text)) {
            take(kind, text);
        }
        if (last) {
            ::_exit(0);
        }
        std::this_thread::sleep_for(kReadPeriod);
    }
}

class HostWatch {
public:
    HostWatch(WatchRequest request, const WatchListener& listener)
        : request_(std::move(request)), listener_(listener), manager_(ServiceManager::environment()) {}

    Result<WatchStatus> run() {
        // Before all others, which are not to have the watchdog, and of which it needs none.
        if (auto held = hold_watchdog(); !held) {
            return fail(held.error());
        }
        for (const auto& [ring, bytes] :
             {std::pair{&from_watcher_, kRingBytes}, std::pair{&to_scribe_, kScribeRingBytes},
              std::pair{&complaints_, kSmallRingBytes}, std::pair{&to_command_, kSmallRingBytes}}) {
            if (auto made = make(*ring, bytes); !made) {
                return fail(made.error());
            }
        }
        remember();
        const pid_t us = ::getpid();
        scribe_ = forked([&] {
            become("blkhang-scribe", 0);
            Scribe scribe({request_.metrics, request_.state}, build_config_here(),
                          [this](const std::string& text) { complaints_->put(frame::kNotice, text); });
            std::uint64_t left_out = 0;
            serve(*to_scribe_, us, [&](char kind, const std::string& text) {
                const auto missing = to_scribe_->left_out() + from_watcher_->left_out();
                if (kind == frame::kEnd && missing != left_out) {
                    scribe.note_gap();
                }
                left_out = kind == frame::kEnd ? missing : left_out;
                scribe.take(kind, text);
            });
        });
        if (!request_.exec.empty()) {
            command_ = forked([&] {
                become("blkhang-exec", 0);
                serve(*to_command_, us, [&](char /*kind*/, const std::string& text) { run_command_on(text); });
            });
        }
        watcher_ = forked([&] {
            for (auto* others : {&to_scribe_, &complaints_, &to_command_}) {
                others->reset();  // else their memory would be locked with the rest
            }
            be_the_watcher(request_, *from_watcher_, holder_ ? &*holder_ : nullptr, us);
        });
        if (auto beats = holder_ ? holder_->begin_beating() : Status(); !beats) {
            watcher_->kill();
            return fail(beats.error());
        }
        auto result = listen();
        end();
        return result;
    }

private:
    Status hold_watchdog() {
        if (request_.watchdog.empty() && !request_.panic_on_proof) {
            return {};
        }
        if (!has_numbers_of_kernel("/proc")) {
            return fail(Error(Fault::unsupported,
                              "a container must not reset its host: nothing was attached, and no watchdog taken")
                            .hint("watch on the host itself, or with its pid namespace (--pid=host)"));
        }
        if (!request_.watchdog.empty()) {
            auto holder = WatchdogHolder::start(request_.watchdog);
            if (!holder) {
                return fail(holder.error());
            }
            holder_.emplace(std::move(*holder));
        }
        return {};
    }
    static Status make(std::optional<SharedRing>& ring, std::size_t bytes) {
        auto made = SharedRing::make(bytes);
        if (!made) {
            return fail(made.error());
        }
        ring.emplace(std::move(*made));
        return {};
    }
    /// What a watch before this one has left.
    void remember() {
        if (request_.state.empty()) {
            return;
        }
        auto state = WatchState::read(request_.state, id_of_this_boot());
        if (!state) {
            listener_.notice(fmt::format("what was told and counted before is not known: {}", state.error().message()));
            return;
        }
        state_ = std::move(*state);
        request_.terms.known = state_.known();
    }
    void keep_state(std::uint64_t now_ns) {
        if (!request_.state.empty()) {
            kept_ns_ = now_ns;
            to_scribe_->put(frame::kState, state_.encode(status_));
        }
    }

    /// Where it cannot be made, it counts as one that has ended.
    template <class Be>
    static std::optional<OwnProcess> forked(const Be& be) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            be();
        }
        return OwnProcess(pid);
    }

    void run_command_on(const std::string& finding) {
        const auto done = run_command({"/bin/sh", "-c", request_.exec}, Deadline::after(kCommandTime),
                                      {.directory = {}, .environment = {}, .input = finding + "\n"});
        if (!done) {
            complaints_->put(frame::kNotice, fmt::format("--exec: {}", done.error().message()));
        } else if (done->exit_code != 0) {
            complaints_->put(frame::kNotice, fmt::format("--exec: the command ended with {}", done->exit_code));
        }
    }

    /// Until the watcher has ended, or has to.
    Result<WatchStatus> listen() {
        const auto attach_deadline = Deadline::after(kAttachTime);
        std::optional<Deadline> end_deadline;
        for (;;) {
            const bool ended = watcher_->ended();  // first: what it told before is in the ring by then
            take_all();
            if (refused_) {
                return fail(*refused_);
            }
            if (done_) {
                return status_;
            }
            if (ended) {
                return fail(Fault::broken, "the process that watches ended before it should");
            }
            if (!attached_ && attach_deadline.passed()) {
                watcher_->kill();
                return fail(Error(Fault::broken, "attaching the probes did not return: does this machine hang already?")
                                .hint("the process that attaches may stay until the machine is reset"));
            }
            if (interrupted() && !end_deadline) {
                manager_.notify("STOPPING=1");
                from_watcher_->stop();
                end_deadline = Deadline::after(kEndTime);
            }
            if (end_deadline && end_deadline->passed()) {
                listener_.notice("the process that watches did not end when it was told to: it was killed");
                watcher_->kill();
                return status_;
            }
            tend(monotonic_ns());
            std::this_thread::sleep_for(kReadPeriod);
        }
    }

    void take_all() {
        char kind = 0;
        std::string text;
        while (complaints_->take(kind, text)) {
            listener_.notice(text);
        }
        while (from_watcher_->take(kind, text)) {
            take(kind, text);
        }
    }

    void take(char kind, const std::string& text) {
        switch (kind) {
            case frame::kAttached:
                if (auto tier = decode(text); tier && std::holds_alternative<seen::Tier>(*tier)) {
                    attached_ = true;
                    manager_.notify("READY=1");
                    listener_.attached(std::get<seen::Tier>(*tier));
                }
                break;
            case frame::kRefused:
                refused_ = decode_error(text);
                break;
            case frame::kNotice:
                listener_.notice(text);
                break;
            case frame::kStatus:
                if (auto status = decode_status(text)) {
                    status_ = std::move(*status);
                    listener_.status(status_);
                    if (std::exchange(state_due_, false)) {
                        keep_state(monotonic_ns());
                    }
                }
                break;
            case frame::kBegin:
                record_ = request_.out / fmt::format("{}-{}", compact(utc_now()), text);
                to_scribe_->put(kind, record_.string());
                break;
            case frame::kObservation:
                to_scribe_->put(kind, text);
                break;
            case frame::kEnd:
                to_scribe_->put(kind, {});
                take_finding(text);
                break;
            case frame::kDone:
                done_ = true;
                break;
            default:
                break;
        }
    }

    void take_finding(const std::string& text) {
        auto finding = decode_finding(text);
        if (!finding) {
            listener_.notice(finding.error().message());
            return;
        }
        finding->record = record_.string();
        state_.note(*finding);
        state_due_ = true;  // with the next status, which counts it
        if (finding->kind == Finding::Kind::taken_back) {
            // The kernel's log was told of a proof.
            static_cast<void>(KernelLogMarks().mark("the proof was taken back: " + finding->reasons.front()));
            listener_.notice(fmt::format("what looked like a hang is none: {} (record: {})", finding->reasons.front(),
                                         finding->record));
            return;
        }
        manager_.log({{"MESSAGE", fmt::format("{}: {}", to_string(finding->kind), finding->summary)},
                      {"PRIORITY", finding->kind == Finding::Kind::hang ? "2" : "4"},
                      {"SYSLOG_IDENTIFIER", "blkhang"},
                      {"BLKHANG_FINDING", std::string(to_string(finding->kind))},
                      {"BLKHANG_KEY", finding->key},
                      {"BLKHANG_HEAL", finding->heal},
                      {"BLKHANG_RECORD", finding->record}});
        if (!request_.exec.empty()) {
            to_command_->put(frame::kEnd, encode(*finding));
        }
        listener_.finding(*finding);
    }

    /// 2026-11-29T20:00:00Z without what a path need not have.
    static std::string compact(std::string time) {
        std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
        return time;
    }

    /// What is due from time to time.
    void tend(std::uint64_t now_ns) {
        if (auto news = holder_ ? holder_->news() : std::nullopt) {
            listener_.notice(*news);
        }
        const auto beat = from_watcher_->beat_ns();
        const bool alive = attached_ && now_ns - std::min(now_ns, beat) < kStuckNs;
        if (attached_ && !alive && !std::exchange(said_stuck_, true)) {
            listener_.notice("the process that watches has not moved for 10 s");
        }
        if (const auto period = manager_.watchdog_period(); period && alive) {
            const auto ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(*period).count());
            if (now_ns - petted_ns_ >= ns / 2) {
                petted_ns_ = now_ns;
                manager_.notify("WATCHDOG=1");
            }
        }
        if (manager_.is_there() && attached_ && now_ns - told_ns_ >= kStatusLineNs) {
            told_ns_ = now_ns;
            manager_.notify("STATUS=" + status_line(status_, kStatusColumns));
        }
        if (attached_ && now_ns - kept_ns_ >= kStateNs) {
            keep_state(now_ns);
        }
        if (!request_.metrics.empty() && attached_ && (measured_ns_ == 0 || now_ns - measured_ns_ >= kMetricsNs)) {
            measured_ns_ = now_ns;
            to_scribe_->put(frame::kMetrics, metrics_text(state_.with_earlier(status_)));
        }
    }

    void end() {
        if (watcher_->wait(Deadline::after(kEndTime))) {
            remove_orphaned_probes();  // it frees nothing itself
        }
        watcher_->kill();
        holder_.reset();
        if (attached_) {
            keep_state(monotonic_ns());
        }
        if (!request_.metrics.empty() && attached_) {
            to_scribe_->put(frame::kMetrics, metrics_text(state_.with_earlier(status_)));
        }
        to_scribe_->stop();
        to_command_->stop();
        const auto deadline = Deadline::after(kEndTime);
        if (!scribe_->wait(deadline)) {
            listener_.notice("what was found could not be written to its files in time: is their disk stuck?");
            scribe_->kill();
        }
        if (command_ && !command_->wait(Deadline::after(kCommandTime))) {
            listener_.notice("--exec: the command had not ended, and was left alone");
        }
        take_all();
    }

    WatchRequest request_;
    const WatchListener& listener_;
    ServiceManager manager_;
    std::optional<WatchdogHolder> holder_;
    std::optional<SharedRing> from_watcher_, to_scribe_, to_command_, complaints_;
    std::optional<OwnProcess> scribe_, command_, watcher_;
    WatchStatus status_;
    WatchState state_{id_of_this_boot()};
    fs::path record_;
    std::optional<Error> refused_;
    bool attached_ = false, done_ = false, said_stuck_ = false, state_due_ = false;
    std::uint64_t petted_ns_ = 0, told_ns_ = 0, measured_ns_ = 0, kept_ns_ = monotonic_ns();
};

}  // namespace

std::string blind_to(const seen::Tier& tier) {
    std::string text =
        "which bios are submitted from where is not watched, nor who waits for memory to make one: a danger over a "
        "frozen queue is seen once somebody has waited for it";
    if (tier.used == "fentry" || tier.used == "kprobe") {
        text +=
            "; nor is what a per-CPU allocation does while it does not have pcpu_alloc_mutex, by a task that does "
            "nothing else of interest";
    }
    if (tier.used == "tracepoint") {
        text += "; nor are frozen queues, in this tier";
    }
    if (tier.used == "console") {
        text = "only the stacks of tasks that are blocked are looked at: what is about to happen is not seen";
    }
    return text;
}

Result<WatchStatus> watch_host(const WatchRequest& request, const WatchListener& listener) {
    return HostWatch(request, listener).run();
}

}  // namespace blkhang
