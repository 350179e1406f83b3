// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/btf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/uname.h"
#include "kernels/functions.h"
#include "kernels/release.h"
#include "machine/disk_names.h"
#include "machine/host_reader.h"
#include "machine/symbols.h"
#include "probe/absence.h"
#include "probe/attach.h"
#include "probe/bpf/convert.h"
#include "probe/bpf/return_probe.h"
#include "probe/bpf/standing.h"
#include "probe/bpf/tier.h"
#include "probe/kswapd.h"
#include "probe/tracefs/decoder.h"
#include "probe/tracefs/definition.h"
#include "probe/tracefs/instance.h"
#include "probe/tracefs/layout.h"
#include "probe/tracefs/pid_offset.h"
#include "probe/tracefs/ring.h"
#include "probe/tracefs/task_names.h"
#include "replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Room for events on each CPU: some thousand, which is what comes while a busy machine keeps the reader waiting for a
/// tenth of a second.
constexpr std::uint64_t kBufferKib = 2048;
/// For tasks, and for pairs of a cgroup and a disk.
constexpr std::uint32_t kTaskRoom = 8192;
constexpr std::uint32_t kPairRoom = 65536;
/// For events that wait until those of other CPUs have been read.
constexpr std::size_t kPendingRoom = 8192;

/// A function that shows an attribute of a queue, and which of its files makes the kernel call it.
constexpr std::string_view kShowsQueue = "queue_ra_show";
constexpr std::string_view kShownFile = "queue/read_ahead_kb";
constexpr std::string_view kShowProbe = "show";
const fs::path block_devices = "/sys/block";

/// The gfp argument of pcpu_alloc() came with 5835d96e9ce4.
constexpr Releases kWithoutPercpuGfp{.before = "3.18"};

struct FreeBtf {
    void operator()(btf* kernel) const { btf__free(kernel); }
};

/// What a record of this kind is.
enum class RecordKind : std::uint8_t { none, place, task_free, fork, rename, shown };

std::string text_in(std::string_view record, const RecordField& field) {
    constexpr std::uint32_t kOffset = 0xffff;  // the upper half is its length
    constexpr std::uint32_t kDynamic = 4;
    auto offset = std::size_t{field.offset};
    auto size = std::size_t{field.size};
    if (field.size == kDynamic) {
        const auto where = field.in(record);
        offset = where & kOffset;
        size = where >> 16U;
    }
    if (!field.exists() || offset > record.size()) {
        return {};
    }
    const auto text = record.substr(offset, size);
    return std::string{text.substr(0, text.find('\0'))};
}

/// Which argument is a GFP mask; 0 if none is (bpf/places.def).
unsigned gfp_argument(const ProbePoint& point) {
    if (point.mechanism != Mechanism::kprobe) {
        return 0;
    }
    if (point.place == "percpu_alloc") {
        return 4;
    }
    if (point.place == "direct_reclaim" || point.place == "memcg_reclaim") {
        return 3;
    }
    return point.place == "kswapd_wait" ? 1 : 0;
}

/// The probes of the eBPF tiers as events of tracefs, which are read here and fed to the same bookkeeping.
class TracefsWatcher : public Watcher {
public:
    static Result<std::unique_ptr<Watcher>> attach(const Attempt& attempt);
    explicit TracefsWatcher(TraceInstance instance) : instance_(std::move(instance)) {}
    TracefsWatcher(const TracefsWatcher&) = delete;
    TracefsWatcher& operator=(const TracefsWatcher&) = delete;
    TracefsWatcher(TracefsWatcher&&) = delete;
    TracefsWatcher& operator=(TracefsWatcher&&) = delete;
    ~TracefsWatcher() override { replay_end(); }

    [[nodiscard]] std::optional<seen::Tier> tier() const override { return tier_; }
    [[nodiscard]] std::vector<std::string> blind_spots() const override { return blind_spots_; }
    Status learn_names() override;
    void rehearse(const Sink& sink) override;
    void enable() override;
    void drain(const Sink& sink) override;
    void drain_to_the_end(const Sink& sink, Deadline deadline) override;
    [[nodiscard]] bool watches_on() const override { return false; }
    void retell(const Sink& sink) override;
    [[nodiscard]] seen::Counters counters() const override;
    [[nodiscard]] std::uint64_t lost() const override;
    void look_for_losses() override;

private:
    struct Kind {
        RecordKind kind = RecordKind::none;
        std::size_t decoder = 0;
    };
    /// Events wait here until those of other CPUs that happened before have been read.
    struct Pending {
        replay_event event;
        replay_place place;
    };
    struct Lifecycle {
        RecordField fork_pid, fork_comm, rename_pid, rename_comm, free_pid, common_pid, shown;
    };

    void learn_kind(std::uint32_t id, Kind kind) {
        if (kinds_.size() <= id) {
            kinds_.resize(id + 1);
        }
        kinds_[id] = kind;
    }
    Status add_lifecycle(std::vector<seen::Tier::Missing>& missing);
    Status add_points(const Attempt& attempt, const Definer& definer, const KernelLayout& layout,
                      std::string_view release);
    Status add_point(const ProbePoint& point, std::string_view function, const Definer& definer,
                     const Decoder::Place& decoded);
    void find_queues();
    void take(const TraceRing::Record& record);
    void settle(std::uint64_t until_ns, const Sink& sink);
    [[nodiscard]] std::uint64_t monotonic(std::uint64_t at) const {
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(at) + clock_offset_);
    }
    static void on_event(void* context, const void* data, std::size_t size);
    [[nodiscard]] std::uint64_t missed_calls() const;

    TraceInstance instance_;
    std::optional<TraceRing> ring_;
    std::vector<Kind> kinds_;  ///< by the id of the event
    std::vector<Decoder> decoders_;
    std::vector<std::string> heeded_;  ///< probes of which no call must be missed
    Lifecycle lifecycle_;
    std::vector<Pending> pending_;
    TaskNames names_;
    Symbols symbols_;
    DiskNames disks_;
    seen::Tier tier_;
    std::vector<std::string> blind_spots_;
    std::int64_t clock_offset_ = 0;  ///< from the tracer's clock to CLOCK_MONOTONIC
    bool is_monotonic_ = true;
    std::optional<std::uint64_t> shown_queue_;  ///< of the last attribute that this process was shown
    std::uint64_t shown_at_ = 0;
    const Sink* sink_ = nullptr;
    std::uint64_t missed_before_ = 0;
    std::uint64_t missed_ = 0;
    std::uint64_t unrecorded_before_ = 0;
    std::uint64_t unrecorded_ = 0;
    std::string queue_fetch_;  ///< of the queue whose attribute is shown
    std::string_view return_kind_;
    std::uint64_t before_ = 0;  ///< events that were lost before enable()
    std::vector<watch_event_named> standing_;
};

Result<std::unique_ptr<Watcher>> TracefsWatcher::attach(const Attempt& attempt) {
    const auto give_up = [&](const std::string& why) {
        attempt.missing.push_back({"tier tracefs", why});
        return fail(Fault::unsupported, fmt::format("tier tracefs: {}", why));
    };
    const Uname machine = uname_here();
    const auto convention = calling_convention(machine.machine);
    if (!convention) {
        return give_up(fmt::format("how {} passes arguments is not known", machine.machine));
    }
    auto instance = TraceInstance::make();
    if (!instance) {
        return give_up(instance.error().message());
    }
    auto watcher = std::make_unique<TracefsWatcher>(std::move(*instance));
    const std::unique_ptr<btf, FreeBtf> kernel{btf__load_vmlinux_btf()};
    auto layout = kernel ? layout_from(*kernel) : layout_of_release(machine.release);
    if (!layout.task_pid) {
        const auto found = find_pid_offset(watcher->instance_, *convention);
        if (found) {
            layout.task_pid = *found;
        } else {
            watcher->blind_spots_.push_back(
                fmt::format("who owns pcpu_alloc_mutex is not known: {}", found.error().message()));
        }
    }
    const Definer definer{*convention, layout, attempt.symbols.address(kPercpuMutex).value_or(0)};
    if (definer.percpu_mutex == 0) {
        watcher->blind_spots_.emplace_back("the address of pcpu_alloc_mutex is not in /proc/kallsyms");
    }

    if (layout.bio_to_queue.empty()) {
        attempt.missing.push_back({"the disks of bios", "where a bio keeps its disk is told by BTF only"});
    }
    if (layout.bio_to_group.empty()) {
        attempt.missing.push_back({"first bios of cgroups", "where a bio keeps its cgroup is told by BTF only"});
    }
    if (layout.queue_mutexes.empty()) {
        attempt.missing.push_back({"the mutexes of queues", "where a queue keeps them is told by BTF only"});
    }
    watcher->return_kind_ = kind_of_returns(machine.release);
    watcher->queue_fetch_ = follow(convention->arguments.front(), layout.shown_to_queue);
    replay_given given{};
    given.percpu_mutex = definer.percpu_mutex;
    given.return_trampoline = find_return_trampoline(attempt.symbols);
    given.only_kswapd = find_only_kswapd().value_or(0);
    given.tasks = std::max(kTaskRoom, attempt.scale.tasks);
    given.pairs = attempt.scale.spares_bios ? kPairsOfNoBios : kPairRoom;
    const auto offset = [&](std::string_view name) {
        const auto found = std::ranges::find(layout.queue_mutexes, name, &KernelLayout::Member::name);
        return found == layout.queue_mutexes.end() ? 0 : found->offset;
    };
    given.queue_mutexes = {offset("blkcg_mutex"), offset("rq_qos_mutex"), offset("elevator_lock"),
                           offset("sysfs_lock"),  offset("limits_lock"),  offset("debugfs_mutex")};
    if (!replay_begin(&given, &TracefsWatcher::on_event, watcher.get())) {
        return give_up("there is no memory for what tasks are inside of");
    }

    watcher->is_monotonic_ = watcher->instance_.use_monotonic_clock();
    if (const auto resized = watcher->instance_.resize(kBufferKib); !resized) {
        return give_up(resized.error().message());
    }
    if (const auto added = watcher->add_lifecycle(attempt.missing); !added) {
        return give_up(added.error().message());
    }
    if (const auto added = watcher->add_points(attempt, definer, layout, machine.release); !added) {
        return give_up(added.error().message());
    }
    auto ring = TraceRing::open(watcher->instance_.directory());
    if (!ring) {
        return give_up(ring.error().message());
    }
    watcher->ring_.emplace(std::move(*ring));
    if (const auto ready = watcher->instance_.prepare_to_look(); !ready) {
        return give_up(ready.error().message());
    }
    watcher->standing_.reserve(WATCH_STANDING);
    watcher->pending_.reserve(kPendingRoom);
    watcher->tier_.used = to_string(TierChoice::tracefs);
    watcher->tier_.missing = attempt.missing;
    auto scopes = watched_scopes(attempt.scale.spares_bios);
    std::erase(scopes, to_string(Scope::blkcg_mutex));  // whether a task owns one is not read at other events
    std::erase(scopes, to_string(Scope::rq_qos_mutex));
    std::erase(scopes, to_string(Scope::percpu_alloc_noio));  // nor the flags of a task
    watcher->tier_.scopes = std::move(scopes);
    return std::unique_ptr<Watcher>(std::move(watcher));
}

Status TracefsWatcher::add_lifecycle(std::vector<seen::Tier::Missing>& missing) {
    struct Event {
        std::string_view name;
        RecordKind kind;
        bool essential;
        std::string_view pid_name, comm_name;
        RecordField* pid;
        RecordField* comm;
    };
    RecordField unused;
    for (const auto& event :
         {Event{kTaskFreed, RecordKind::task_free, true, "pid", "comm", &lifecycle_.free_pid, &unused},
          Event{kTaskForked, RecordKind::fork, true, "child_pid", "child_comm", &lifecycle_.fork_pid,
                &lifecycle_.fork_comm},
          Event{kTaskRenamed, RecordKind::rename, false, "pid", "newcomm", &lifecycle_.rename_pid,
                &lifecycle_.rename_comm}}) {
        const std::string name{event.name};
        auto format = instance_.format_of(name);
        auto added = format ? instance_.add_tracepoint(name) : fail(format.error());
        if (!added) {
            if (event.essential) {
                return added;
            }
            missing.push_back({name, added.error().message()});
            continue;
        }
        *event.pid = format->field(event.pid_name);
        *event.comm = format->field(event.comm_name);
        learn_kind(format->id(), {event.kind, 0});
        tier_.attached.push_back(fmt::format("tp:{}", event.name.substr(event.name.find('/') + 1)));
    }
    return {};
}

Result<GfpBits> read_gfp_bits(const TraceInstance& instance) {
    for (const auto* event : {"kmem/kmalloc", "vmscan/mm_vmscan_direct_reclaim_begin"}) {
        const auto text = instance.format_text_of(event);
        const auto bits = text ? GfpBits::in_format(*text) : std::nullopt;
        if (bits) {
            return *bits;
        }
    }
    return fail(Fault::unsupported, "no event tells what the bits of GFP flags mean");
}

Status TracefsWatcher::add_points(const Attempt& attempt, const Definer& definer, const KernelLayout& layout,
                                  std::string_view release) {
    const auto gfp = read_gfp_bits(instance_);
    if (!gfp) {
        return fail(gfp.error());
    }
    const auto points = probe_points(TierChoice::kprobe);
    const auto& symbols = attempt.symbols;
    const bool has_slow_way = symbols.has_function(functions::kSlowWay);
    const auto version = kernel_version(release);
    const auto trampoline = find_return_trampoline(symbols);
    const auto is_left_out = [&](const ProbePoint& point) {
        return attempt.scale.spares_bios && is_on_the_way_of_bios(point, has_slow_way);
    };
    const auto resolve = [&](const ProbePoint& point, bool needs_arguments) -> std::string_view {
        for (const auto name : point.ladder) {
            if (!name.empty() && symbols.has_function(name)) {
                return name;
            }
        }
        for (const auto name : point.ladder) {
            const auto variant = name.empty() || needs_arguments ? std::string_view{} : symbols.compiled_variant(name);
            if (!variant.empty()) {
                return variant;
            }
        }
        return {};
    };
    // The entries come first in the table, and which returns will be probed has to be known for them.
    std::vector<std::string_view> returns;
    for (const auto& point : points) {
        if (point.mechanism == Mechanism::kretprobe && !is_left_out(point)) {
            returns.push_back(resolve(point, false));
        }
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto& point = points[i];
        if (point.mechanism == Mechanism::tracepoint) {
            continue;  // that of tasks is there: add_lifecycle()
        }
        if (!point.role.unless.empty() && symbols.has_function(point.role.unless)) {
            continue;
        }
        if (is_left_out(point)) {
            attempt.missing.push_back({point.program(), "left out: every bio would pass it"});
            continue;
        }
        Decoder::Place decoded;
        decoded.place = static_cast<replay_place>(i);
        decoded.is_entry = point.mechanism == Mechanism::kprobe;
        decoded.gfp = *gfp;
        decoded.gfp_argument = gfp_argument(point);
        decoded.may_always_sleep = point.place == "percpu_alloc" && version && kWithoutPercpuGfp.contain(*version);
        decoded.takes_queue = takes_queue(point.place);
        decoded.return_pops = definer.convention.return_pops;
        decoded.return_trampoline = trampoline;
        decoded.owner_has_flags = layout.owner_has_flags;
        // The compiler has given a variant of a function other parameters.
        const bool needs_arguments = point.arguments != 0 && !decoded.may_always_sleep;
        const auto function = resolve(point, needs_arguments);
        auto absence = absence_of(point.program(), point.ladder, symbols);
        if (!function.empty()) {
            decoded.return_is_probed = decoded.is_entry && std::ranges::find(returns, function) != returns.end();
            const auto added = add_point(point, function, definer, decoded);
            if (added) {
                continue;
            }
            absence = {point.program(), fmt::format("{} cannot be probed: {}", function, added.error().message())};
        }
        if (point.role.essential) {
            return fail(Fault::unsupported, absence.why);
        }
        add_once(attempt.missing, std::move(absence));
    }
    return {};
}

Status TracefsWatcher::add_point(const ProbePoint& point, std::string_view function, const Definer& definer,
                                 const Decoder::Place& decoded) {
    const auto name = point.program();
    if (auto added = instance_.add_probe(decoded.is_entry ? "p" : return_kind_, name, function, definer.fetches(point));
        !added) {
        return added;
    }
    const auto format = instance_.format_of_probe(name);
    if (!format) {
        return fail(format.error());
    }
    learn_kind(format->id(), {RecordKind::place, decoders_.size()});
    decoders_.emplace_back(*format, decoded);
    if (point.role.misses == Misses::matter) {
        heeded_.push_back(name);
    }
    tier_.attached.push_back(fmt::format("{}:{}", name.substr(0, name.find('_')), function));
    return {};
}

void TracefsWatcher::on_event(void* context, const void* data, std::size_t size) {
    auto& self = *static_cast<TracefsWatcher*>(context);
    if (self.sink_ == nullptr) {
        return;
    }
    if (const auto observation = convert_event(data, size, self.symbols_, self.disks_)) {
        (*self.sink_)(*observation);
    }
}

void TracefsWatcher::take(const TraceRing::Record& record) {
    constexpr RecordField kType{0, 2};  // common_type is the first of all records
    const auto id = kType.in(record.bytes);
    const Kind kind = id < kinds_.size() ? kinds_[id] : Kind{};
    switch (kind.kind) {
        case RecordKind::none:
            return;
        case RecordKind::place: {
            const auto& decoder = decoders_[kind.decoder];
            pending_.push_back({decoder.decode(monotonic(record.at), record.bytes), decoder.place()});
            return;
        }
        case RecordKind::task_free: {
            replay_event event{};
            event.at_ns = monotonic(record.at);
            event.pid = static_cast<std::uint32_t>(lifecycle_.free_pid.in(record.bytes));
            pending_.push_back({event, REPLAY_TASK_FREE});
            return;
        }
        case RecordKind::fork:
            names_.learn(static_cast<std::uint32_t>(lifecycle_.fork_pid.in(record.bytes)),
                         text_in(record.bytes, lifecycle_.fork_comm));
            return;
        case RecordKind::rename:
            names_.learn(static_cast<std::uint32_t>(lifecycle_.rename_pid.in(record.bytes)),
                         text_in(record.bytes, lifecycle_.rename_comm));
            return;
        case RecordKind::shown:
            if (lifecycle_.common_pid.in(record.bytes) == static_cast<std::uint64_t>(::gettid())) {
                shown_queue_ = lifecycle_.shown.in(record.bytes);
                shown_at_ = record.at;
            }
            return;
    }
}

/// What has happened until then, in order of time: by then all CPUs had recorded it, and all were read since.
void TracefsWatcher::settle(std::uint64_t until_ns, const Sink& sink) {
    std::ranges::stable_sort(pending_, {}, [](const Pending& one) { return one.event.at_ns; });
    const auto end =
        std::ranges::upper_bound(pending_, until_ns, {}, [](const Pending& one) { return one.event.at_ns; });
    sink_ = &sink;
    for (auto one = pending_.begin(); one != end; ++one) {
        const auto name = names_.name(one->event.pid);
        std::ranges::copy(name, one->event.comm);
        replay_run(one->place, &one->event);
        if (one->place == REPLAY_TASK_FREE) {
            names_.forget(one->event.pid);
        }
    }
    sink_ = nullptr;
    pending_.erase(pending_.begin(), end);
}

void TracefsWatcher::drain(const Sink& sink) {
    const auto until = monotonic_ns();
    ring_->read([this](const TraceRing::Record& record) { take(record); });
    settle(until, sink);
}

void TracefsWatcher::drain_to_the_end(const Sink& sink, Deadline deadline) {
    static_cast<void>(instance_.record(false));
    do {
        drain(sink);
    } while (!pending_.empty() && !deadline.passed());
    settle(UINT64_MAX, sink);
}

/// Whose queue it is the kernel tells nobody. But it is given the queue when it shows one of a disk's attributes, and
/// reading them is harmless.
void TracefsWatcher::find_queues() {
    const std::string name{kShowProbe};
    const auto added = instance_.add_probe("p", name, kShowsQueue, fmt::format("queue={}", queue_fetch_));
    const auto format = added ? instance_.format_of_probe(name) : fail(added.error());
    if (!format) {
        tier_.missing.push_back({"the disks of queues", format.error().message()});
        return;
    }
    lifecycle_.shown = format->field("queue");
    lifecycle_.common_pid = format->field("common_pid");
    learn_kind(format->id(), {RecordKind::shown, 0});
    static_cast<void>(instance_.record(true));
    for (const auto& disk : names_in(block_devices)) {
        shown_queue_.reset();
        const auto before = monotonic_ns();
        const auto number = read_file(block_devices / disk / "dev");
        if (!number || !read_file(block_devices / disk / kShownFile)) {
            continue;
        }
        const auto after = monotonic_ns();
        ring_->read([this](const TraceRing::Record& record) { take(record); });
        if (!shown_queue_) {
            continue;
        }
        if (!is_monotonic_) {
            clock_offset_ =
                static_cast<std::int64_t>(before + (after - before) / 2) - static_cast<std::int64_t>(shown_at_);
        }
        unsigned major = 0;
        unsigned minor = 0;
        constexpr unsigned kMinorBits = 20;
        if (std::sscanf(number->c_str(), "%u:%u", &major, &minor) == 2) {
            static_cast<void>(replay_learn_disk(*shown_queue_, major << kMinorBits | minor));
        }
    }
    static_cast<void>(instance_.record(false));
    ring_->read([this](const TraceRing::Record& record) { take(record); });
    instance_.remove_probe(name);
    learn_kind(format->id(), {});
    pending_.clear();
}

Status TracefsWatcher::learn_names() {
    auto symbols = Symbols::load();
    if (!symbols) {
        return fail(symbols.error());
    }
    symbols_ = std::move(*symbols);
    disks_ = DiskNames::load();
    find_queues();
    names_.read();
    return {};
}

void TracefsWatcher::rehearse(const Sink& sink) {
    sink_ = &sink;
    make_up_records(symbols_, [this](const watch_event_full& event) { on_event(this, &event, sizeof(event)); });
    sink_ = nullptr;
    drain(sink);
    retell(sink);
    look_for_losses();
    static_cast<void>(counters());
}

void TracefsWatcher::enable() {
    missed_before_ = missed_calls();
    before_ = ring_->lost();
    unrecorded_before_ = instance_.unrecorded();
    static_cast<void>(instance_.record(true));
}

void TracefsWatcher::retell(const Sink& sink) {
    const std::span<const watch_standing> table{replay_standing(), WATCH_STANDING};
    read_standing(table, {replay_eras(), WATCH_QUEUES}, standing_);
    convert_standing(standing_, symbols_, disks_, sink);
}

std::uint64_t TracefsWatcher::lost() const {
    return replay_counters()->lost + (ring_->lost() - before_) + missed_ + unrecorded_;
}

seen::Counters TracefsWatcher::counters() const {
    auto counters = convert_counters(*replay_counters(), monotonic_ns());
    counters.lost_events = lost();
    return counters;
}

std::uint64_t TracefsWatcher::missed_calls() const {
    std::uint64_t sum = 0;
    for (const auto& [name, missed] : instance_.missed()) {
        if (std::ranges::find(heeded_, name) != heeded_.end()) {
            sum += missed;
        }
    }
    return sum;
}

void TracefsWatcher::look_for_losses() {
    if (const auto now = missed_calls(); now > missed_before_) {
        missed_ = std::max(missed_, now - missed_before_);
    }
    unrecorded_ = instance_.unrecorded() - unrecorded_before_;
}

}  // namespace

Result<std::unique_ptr<Watcher>> attach_tracefs_watcher(TierChoice /*tier*/, const Attempt& attempt) {
    return TracefsWatcher::attach(attempt);
}

}  // namespace blkhang
