// SPDX-License-Identifier: GPL-2.0-only
#include "probe/attach.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "kernels/functions.h"
#include "machine/disk_names.h"
#include "machine/symbols.h"
#include "probe/absence.h"
#include "probe/bpf/arguments.h"
#include "probe/bpf/convert.h"
#include "probe/bpf/return_probe.h"
#include "probe/bpf/ring_positions.h"
#include "probe/bpf/standing.h"
#include "probe/bpf/tier.h"
#include "probe/kswapd.h"
#include "probe/plausible.h"
#include "watch.skel.h"

namespace blkhang {
namespace {

struct CloseSkeleton {
    void operator()(watch_bpf* skeleton) const { watch_bpf__destroy(skeleton); }
};
struct CloseLink {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
struct CloseRing {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
struct CloseBtf {
    void operator()(btf* kernel) const { btf__free(kernel); }
};
using Skeleton = std::unique_ptr<watch_bpf, CloseSkeleton>;
using Link = std::unique_ptr<bpf_link, CloseLink>;
using KernelBtf = std::unique_ptr<btf, CloseBtf>;

/// The end of what libbpf said last of a program that the kernel does not accept.
std::string& refusal() {
    static std::string text;
    return text;
}

/// libbpf would print to standard error; what matters comes back in our own errors.
int keep_refusal(libbpf_print_level level, const char* format, va_list arguments) {
    constexpr std::size_t kEnough = 400;
    if (level != LIBBPF_WARN || std::strstr(format, "BEGIN PROG LOAD LOG") == nullptr) {
        return 0;
    }
    std::string text(std::size_t{1} << 20, '\0');
    text.resize(std::min(text.size() - 1, static_cast<std::size_t>(std::max(
                                              0, std::vsnprintf(text.data(), text.size(), format, arguments)))));
    refusal() =
        text.size() > kEnough ? text.substr(0, text.find('\n')) + " .. " + text.substr(text.size() - kEnough) : text;
    return 0;
}

bool can_be_probed(std::string_view name, Mechanism mechanism, const btf* kernel, const Symbols& symbols) {
    switch (mechanism) {
        case Mechanism::fentry:
        case Mechanism::fexit:
            return btf__find_by_name_kind(kernel, std::string{name}.c_str(), BTF_KIND_FUNC) > 0;
        case Mechanism::kprobe:
        case Mechanism::kretprobe:
            return symbols.has_function(name);
        case Mechanism::tracepoint:
            return btf__find_by_name_kind(kernel, fmt::format("btf_trace_{}", name).c_str(), BTF_KIND_TYPEDEF) > 0;
    }
    return false;
}

/// The name on the ladder that this kernel has; empty if it has none.
std::string_view resolve(const ProbePoint& point, const btf* kernel, const Symbols& symbols) {
    for (const auto name : point.ladder) {
        if (!name.empty() && can_be_probed(name, point.mechanism, kernel, symbols)) {
            return name;
        }
    }
    return {};
}

bool has_better(const ProbePoint& point, const btf* kernel, const Symbols& symbols) {
    return !point.role.unless.empty() && can_be_probed(point.role.unless, point.mechanism, kernel, symbols);
}

/// How many tasks the programs have room for: one per 128 KiB of memory, each of which costs half a KiB.
std::uint32_t task_room() {
    constexpr std::uint64_t kBytesPerTask = 128 << 10;
    constexpr std::uint64_t kLeast = 8192;
    constexpr std::uint64_t kMost = 65536;
    const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
    return static_cast<std::uint32_t>(std::clamp(bytes / kBytesPerTask, kLeast, kMost));
}

/// The same where it is said how many there are: no more than is needed, for it may be for days.
std::uint32_t task_room(const Scale& scale) {
    constexpr std::uint32_t kLeast = 16384;  // threads come and go: a small host of today has more tomorrow
    constexpr std::uint32_t kMost = 1U << 20U;
    return scale.tasks == 0 ? task_room() : std::clamp(scale.tasks, kLeast, kMost);
}

/// Room for events where only rare ones are watched: a thousand with their stacks. It counts twice in the resident
/// memory of whoever reads it, being mapped twice in a row.
constexpr std::uint32_t kRareEventsBytes = 1 << 20;

/// Of how many tasks a function's return is seen at once: far more than wait for one mutex before the machine is dead.
unsigned return_instances() {
    constexpr unsigned kMost = 4096;  // KRETPROBE_MAXACTIVE_MAX in kernel/trace/trace_kprobe.c
    return std::min(task_room() / 16, kMost);
}

/// Numbers that programs may take. They take the last one first.
bool fill(const bpf_map* numbers, std::uint32_t lowest) {
    for (auto number = bpf_map__max_entries(numbers); number-- > lowest;) {
        if (bpf_map_update_elem(bpf_map__fd(numbers), nullptr, &number, BPF_ANY) != 0) {
            return false;
        }
    }
    return true;
}

bool fill_numbers(const watch_bpf& skeleton) {
    // Slot 0 means none.
    return fill(skeleton.maps.spare_slots, 1) && fill(skeleton.maps.spare_queues, 0) &&
           fill(skeleton.maps.spare_contended, 0);
}

/// From one look at a program that has not finished its event to the next.
constexpr auto kSettlePeriod = std::chrono::milliseconds(5);

struct Planned {
    const ProbePoint* point;
    bpf_program* program;
    std::string_view name;
};

/// Tells the tracepoint programs where this kernel passes the gfp flags; why they cannot know it, if so.
std::string find_gfp_arguments(watch_bpf& skeleton, const btf& kernel) {
    constexpr int kPercpuGfp = 9;
    if (find_argument(kernel, "percpu_alloc_percpu", "gfp_t") != kPercpuGfp) {
        return "percpu_alloc_percpu does not tell the gfp flags (it does from 5.19 on)";
    }
    const auto reclaim_gfp = find_argument(kernel, "mm_vmscan_direct_reclaim_begin", "gfp_t");
    if (reclaim_gfp != 0 && reclaim_gfp != 1) {
        return "mm_vmscan_direct_reclaim_begin does not tell the gfp flags";
    }
    skeleton.rodata->reclaim_gfp_is_first = reclaim_gfp == 0;
    return {};
}

/// The BPF programs of one tier, attached. Attaching allocates per-CPU memory in the kernel; from then on the kernel's
/// state is read from shared memory.
class BpfWatcher : public Watcher {
public:
    static Result<std::unique_ptr<Watcher>> attach(TierChoice tier, const Attempt& attempt);

    [[nodiscard]] std::optional<seen::Tier> tier() const override { return tier_; }
    [[nodiscard]] std::vector<std::string> blind_spots() const override;
    Status learn_names() override;
    void rehearse(const Sink& sink) override;
    void enable() override;
    void drain(const Sink& sink) override;
    bool await_event(std::chrono::milliseconds most) override;
    void drain_to_the_end(const Sink& sink, Deadline deadline) override;
    void retell(const Sink& sink) override;
    [[nodiscard]] seen::Counters counters() const override;
    [[nodiscard]] std::uint64_t lost() const override;
    /// fentry programs and tracepoints tell of skipped calls since 5.12, kprobes since 6.7 (dd8657894c11 counts what
    /// trace_call_bpf() leaves out); before, a kprobe is only skipped for calls that interrupt another program.
    void look_for_losses() override { skipped_ = skipped_runs() - skipped_before_; }

private:
    static std::size_t index_of(Scope outer, Scope inner) {
        return static_cast<std::size_t>(outer) * kScopeCount + static_cast<std::size_t>(inner);
    }

    static int on_record(void* context, void* data, std::size_t size) {
        auto& self = *static_cast<BpfWatcher*>(context);
        self.learn_new_names();
        const auto observation = convert_event(data, size, self.symbols_, self.disks_);
        if (!observation) {
            return 0;
        }
        if (const auto* edge = std::get_if<seen::Edge>(&*observation)) {
            if (is_contradicted(*edge)) {
                ++self.contradicted_;
                return 0;
            }
            self.believed_.set(index_of(edge->outer, edge->inner));
        }
        (*self.sink_)(*observation);
        return 0;
    }

    /// Of disks that have come since learn_names(). A name is there before an event tells of its disk.
    void learn_new_names() {
        const auto& bss = *skeleton_->bss;
        const auto written = __atomic_load_n(&bss.disk_names_written, __ATOMIC_ACQUIRE);
        if (written == names_written_) {
            return;
        }
        names_written_ = written;
        for (const auto& known : bss.disk_names) {
            if (known.disk != 0) {
                disks_.learn(known.disk, std::string(known.name, ::strnlen(known.name, sizeof(known.name))));
            }
        }
    }

    /// That a task waited for the mutex is counted without an event.
    [[nodiscard]] bool is_believed(const seen::Counters::EdgeCount& edge) const {
        return edge.inner == Scope::percpu_mutex || believed_.test(index_of(edge.outer, edge.inner));
    }

    Link link_to(const Planned& planned) {
        const std::string name{planned.name};
        switch (planned.point->mechanism) {
            case Mechanism::kprobe:
                return Link{bpf_program__attach_kprobe(planned.program, false, name.c_str())};
            case Mechanism::kretprobe:
                return attach_return(planned.program, name);
            case Mechanism::fentry:
            case Mechanism::fexit:
            case Mechanism::tracepoint:
                break;
        }
        return Link{bpf_program__attach(planned.program)};
    }

    /// Without tracefs by perf's own, which have few instances; a return that they do not see counts as lost.
    Link attach_return(bpf_program* program, const std::string& function) {
        auto probe = ReturnProbe::make(function, return_instances());
        auto event = probe ? probe->open() : fail(probe.error());
        if (!event) {
            return Link{bpf_program__attach_kprobe(program, true, function.c_str())};
        }
        Link link{bpf_program__attach_perf_event(program, event->get())};
        if (link) {
            static_cast<void>(event->release());  // the link's by now
            return_probes_.push_back(std::move(*probe));
        }
        return link;
    }

    /// Runs of programs that the kernel skipped.
    [[nodiscard]] std::uint64_t skipped_runs() const {
        std::uint64_t sum = 0;
        for (const auto* program : programs_) {
            bpf_prog_info info{};
            std::uint32_t size = sizeof(info);
            if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
                sum += info.recursion_misses;
            }
        }
        return sum;
    }

    // Destroyed from the last to the first: links before the programs they attach.
    Skeleton skeleton_;
    std::vector<ReturnProbe> return_probes_;
    std::vector<Link> links_;
    std::vector<bpf_program*> programs_;  ///< of which none must be skipped
    std::unique_ptr<ring_buffer, CloseRing> ring_;
    std::optional<RingPositions> positions_;
    unsigned long consumed_ = 0;  ///< before the last drain()
    Symbols symbols_;
    DiskNames disks_;
    seen::Tier tier_;
    const Sink* sink_ = nullptr;                                                 ///< only during drain()
    std::bitset<static_cast<std::size_t>(kScopeCount) * kScopeCount> believed_;  ///< edges handed on
    std::uint64_t contradicted_ = 0;  ///< edges that their own stack contradicts
    std::uint64_t skipped_before_ = 0;
    std::uint64_t skipped_ = 0;  ///< calls since enable() that a program did not see because the kernel skipped it
    std::uint64_t stuck_ = 0;    ///< 1 if events were left in the ring behind one that was never finished
    std::vector<watch_event_named> standing_;  ///< room for retell()
    std::uint64_t names_written_ = 0;          ///< of disks, when they were last read
};

Result<std::unique_ptr<Watcher>> BpfWatcher::attach(TierChoice tier, const Attempt& attempt) {
    const Symbols& symbols = attempt.symbols;
    auto& missing = attempt.missing;
    const auto give_up = [&](const std::string& why) {
        missing.push_back({fmt::format("tier {}", to_string(tier)), why});
        return fail(Fault::unsupported, fmt::format("tier {}: {}", to_string(tier), why));
    };
    const KernelBtf kernel{btf__load_vmlinux_btf()};
    if (!kernel) {
        return give_up("the kernel offers no BTF (/sys/kernel/btf/vmlinux)");
    }
    auto watcher = std::make_unique<BpfWatcher>();
    watcher->skeleton_.reset(watch_bpf__open());
    if (!watcher->skeleton_) {
        return give_up(fmt::format("the BPF object cannot be opened: {}", std::strerror(errno)));
    }
    watcher->skeleton_->rodata->percpu_mutex_address = symbols.address(kPercpuMutex).value_or(0);
    if (tier == TierChoice::kprobe) {
        watcher->skeleton_->rodata->return_trampoline = find_return_trampoline(symbols);
    }

    if (tier == TierChoice::tracepoint) {
        if (const auto why = find_gfp_arguments(*watcher->skeleton_, *kernel); !why.empty()) {
            return give_up(why);
        }
    }
    watcher->skeleton_->rodata->only_kswapd = find_only_kswapd().value_or(0);
    bpf_map__set_max_entries(watcher->skeleton_->maps.tasks, task_room(attempt.scale));
    if (attempt.scale.spares_bios) {
        bpf_map__set_max_entries(watcher->skeleton_->maps.events, kRareEventsBytes);
        bpf_map__set_max_entries(watcher->skeleton_->maps.pairs, kPairsOfNoBios);
        // Tracepoints of allocations come after the fact, and none begins a scope.
        watcher->skeleton_->rodata->spares_lone_allocs = tier != TierChoice::tracepoint;
    }

    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, watcher->skeleton_->obj) { bpf_program__set_autoload(program, false); }

    std::vector<Planned> planned;
    const auto slow_way = tier == TierChoice::kprobe ? Mechanism::kprobe : Mechanism::fentry;
    const bool has_slow_way = can_be_probed(functions::kSlowWay, slow_way, kernel.get(), symbols);
    for (const auto& point : probe_points(tier)) {
        if (has_better(point, kernel.get(), symbols)) {
            continue;
        }
        if (attempt.scale.spares_bios && is_on_the_way_of_bios(point, has_slow_way)) {
            missing.push_back({point.program(), "left out: every bio would pass it"});
            continue;
        }
        const auto name = resolve(point, kernel.get(), symbols);
        if (name.empty()) {
            auto absence = absence_of(point.program(), point.ladder, symbols);
            if (point.role.essential) {
                return give_up(absence.why);
            }
            add_once(missing, std::move(absence));
            continue;
        }
        auto* chosen = bpf_object__find_program_by_name(watcher->skeleton_->obj, point.program().c_str());
        bpf_program__set_autoload(chosen, true);
        if (point.mechanism == Mechanism::fentry || point.mechanism == Mechanism::fexit) {
            bpf_program__set_attach_target(chosen, 0, std::string{name}.c_str());
        }
        planned.push_back({&point, chosen, name});
    }
    if (watch_bpf__load(watcher->skeleton_.get()) != 0) {
        return give_up(fmt::format("the kernel does not accept the programs: {} {}", std::strerror(errno), refusal()));
    }
    if (!fill_numbers(*watcher->skeleton_)) {
        return give_up(fmt::format("the numbers cannot be filled in: {}", std::strerror(errno)));
    }
    for (const auto& each : planned) {
        const auto& point = *each.point;
        auto link = watcher->link_to(each);
        if (!link) {
            const auto why = fmt::format("{} cannot be probed: {}", each.name, std::strerror(errno));
            if (point.role.essential) {
                return give_up(why);
            }
            missing.push_back({point.program(), why});
            continue;
        }
        watcher->links_.push_back(std::move(link));
        if (point.role.misses == Misses::matter) {
            watcher->programs_.push_back(each.program);
        }
        const auto program_name = point.program();
        watcher->tier_.attached.push_back(
            fmt::format("{}:{}", program_name.substr(0, program_name.find('_')), each.name));
    }
    watcher->ring_.reset(
        ring_buffer__new(bpf_map__fd(watcher->skeleton_->maps.events), &BpfWatcher::on_record, watcher.get(), nullptr));
    if (!watcher->ring_) {
        return give_up(fmt::format("the event ring cannot be mapped: {}", std::strerror(errno)));
    }
    auto positions = RingPositions::map(bpf_map__fd(watcher->skeleton_->maps.events));
    if (!positions) {
        return give_up(positions.error().message());
    }
    watcher->positions_.emplace(std::move(*positions));
    watcher->standing_.reserve(WATCH_STANDING);
    watcher->tier_.used = to_string(tier);
    watcher->tier_.missing = missing;
    watcher->tier_.scopes = watched_scopes(attempt.scale.spares_bios);
    return std::unique_ptr<Watcher>(std::move(watcher));
}

std::vector<std::string> BpfWatcher::blind_spots() const {
    if (skeleton_->rodata->percpu_mutex_address != 0) {
        return {};
    }
    return {"the address of pcpu_alloc_mutex is not in /proc/kallsyms"};
}

Status BpfWatcher::learn_names() {
    auto symbols = Symbols::load();
    if (!symbols) {
        return fail(symbols.error());
    }
    symbols_ = std::move(*symbols);
    disks_ = DiskNames::load();
    return {};
}

void BpfWatcher::rehearse(const Sink& sink) {
    sink_ = &sink;
    make_up_records(symbols_, [this](watch_event_full& event) { on_record(this, &event, sizeof(event)); });
    sink_ = nullptr;
    drain(sink);
    retell(sink);
    static_cast<void>(await_event(std::chrono::milliseconds(0)));
    look_for_losses();
    static_cast<void>(counters());
}

void BpfWatcher::enable() {
    __atomic_store_n(&skeleton_->bss->enabled, 1, __ATOMIC_SEQ_CST);
    skipped_before_ = skipped_runs();
}

void BpfWatcher::drain(const Sink& sink) {
    sink_ = &sink;
    consumed_ = positions_->consumed();
    ring_buffer__consume(ring_.get());
    sink_ = nullptr;
}

bool BpfWatcher::await_event(std::chrono::milliseconds most) {
    // A program may be kept from finishing its event. Until it has, the ring is not empty, and would not let us sleep.
    if (positions_->reader_is_behind(positions_->consumed())) {
        return false;
    }
    // Whoever finishes the next event wakes us: the kernel does so where the reader has come up to it
    // (bpf_ringbuf_commit() in kernel/bpf/ringbuf.c).
    pollfd ring{.fd = bpf_map__fd(skeleton_->maps.events), .events = POLLIN, .revents = 0};
    return ::poll(&ring, 1, static_cast<int>(most.count())) >= 0;
}

/// A program that was interrupted half way through an event keeps all later ones back until it goes on.
void BpfWatcher::drain_to_the_end(const Sink& sink, Deadline deadline) {
    for (;;) {
        drain(sink);
        stuck_ = positions_->reader_is_behind(consumed_) ? 1 : 0;
        if (stuck_ == 0 || deadline.passed()) {
            return;
        }
        std::this_thread::sleep_for(kSettlePeriod);
    }
}

std::uint64_t BpfWatcher::lost() const { return skeleton_->bss->counters.lost + contradicted_ + skipped_ + stuck_; }

seen::Counters BpfWatcher::counters() const {
    auto counters = convert_counters(skeleton_->bss->counters, monotonic_ns());
    std::erase_if(counters.edges, [&](const auto& edge) { return !is_believed(edge); });
    counters.lost_events = lost();
    return counters;
}

void BpfWatcher::retell(const Sink& sink) {
    learn_new_names();
    const auto& bss = *skeleton_->bss;
    read_standing(bss.standing, bss.eras, standing_);
    convert_standing(standing_, symbols_, disks_, sink);
}

}  // namespace

Result<std::unique_ptr<Watcher>> attach_bpf_watcher(TierChoice tier, const Attempt& attempt) {
    libbpf_set_print(&keep_refusal);
    return BpfWatcher::attach(tier, attempt);
}

}  // namespace blkhang
