// SPDX-License-Identifier: GPL-2.0-only
#include "probe/probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/clock.h"
#include "machine/preemption.h"
#include "probe/arguments.h"
#include "probe/convert.h"
#include "probe/kswapd.h"
#include "probe/plausible.h"
#include "probe/return_probe.h"
#include "probe/ring_positions.h"
#include "probe/standing.h"
#include "probe/tier.h"
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
    return !point.unless.empty() && can_be_probed(point.unless, point.mechanism, kernel, symbols);
}

/// How many tasks the programs have room for: one per 128 KiB of memory, each of which costs half a KiB.
std::uint32_t task_room() {
    constexpr std::uint64_t kBytesPerTask = 128 << 10;
    constexpr std::uint64_t kLeast = 8192;
    constexpr std::uint64_t kMost = 65536;
    const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
    return static_cast<std::uint32_t>(std::clamp(bytes / kBytesPerTask, kLeast, kMost));
}

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

/// Where a probed function returns to: rethook's trampoline since 6.0 on x86, the kretprobes' own before.
std::uint64_t find_return_trampoline(const Symbols& symbols) {
    for (const char* name : {"arch_rethook_trampoline", "__kretprobe_trampoline", "kretprobe_trampoline"}) {
        if (const auto address = symbols.address(name)) {
            return *address;
        }
    }
    return 0;
}

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

}  // namespace

struct Probe::Impl {
    // Destroyed from the last to the first: links before the programs they attach.
    Skeleton skeleton;
    std::vector<ReturnProbe> return_probes;
    std::vector<Link> links;
    std::vector<bpf_program*> programs;  ///< of which none must be skipped
    std::unique_ptr<ring_buffer, CloseRing> ring;
    std::optional<RingPositions> positions;
    unsigned long consumed = 0;  ///< before the last drain()
    Symbols symbols;
    DiskNames disks;
    seen::Tier tier;
    const std::function<void(const Observation&)>* sink = nullptr;              ///< only during drain()
    std::bitset<static_cast<std::size_t>(kScopeCount) * kScopeCount> believed;  ///< edges handed on
    std::uint64_t contradicted = 0;  ///< edges that their own stack contradicts
    std::uint64_t skipped_before = 0;
    std::vector<watch_event_named> standing;  ///< room for retell()

    static std::size_t index_of(Scope outer, Scope inner) {
        return static_cast<std::size_t>(outer) * kScopeCount + static_cast<std::size_t>(inner);
    }

    static int on_record(void* context, void* data, std::size_t size) {
        auto& self = *static_cast<Impl*>(context);
        const auto observation = convert_event(data, size, self.symbols, self.disks);
        if (!observation) {
            return 0;
        }
        if (const auto* edge = std::get_if<seen::Edge>(&*observation)) {
            if (is_contradicted(*edge)) {
                ++self.contradicted;
                return 0;
            }
            self.believed.set(index_of(edge->outer, edge->inner));
        }
        (*self.sink)(*observation);
        return 0;
    }

    /// That a task waited for the mutex is counted without an event.
    [[nodiscard]] bool is_believed(const seen::Counters::EdgeCount& edge) const {
        return edge.inner == Scope::percpu_mutex || believed.test(index_of(edge.outer, edge.inner));
    }

    Link attach(const Planned& planned) {
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
            return_probes.push_back(std::move(*probe));
        }
        return link;
    }

    /// Runs of programs that the kernel skipped.
    [[nodiscard]] std::uint64_t skipped() const {
        std::uint64_t sum = 0;
        for (const auto* program : programs) {
            bpf_prog_info info{};
            std::uint32_t size = sizeof(info);
            if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
                sum += info.recursion_misses;
            }
        }
        return sum;
    }
};

Probe::Probe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Probe::Probe(Probe&&) noexcept = default;
Probe& Probe::operator=(Probe&&) noexcept = default;
Probe::~Probe() = default;

Result<Probe> Probe::attach_tier(TierChoice tier, std::uint64_t percpu_mutex, const Symbols& symbols,
                                 std::vector<seen::Tier::Missing>& missing) {
    const auto give_up = [&](const std::string& why) {
        missing.push_back({fmt::format("tier {}", to_string(tier)), why});
        return fail(Fault::unsupported, fmt::format("tier {}: {}", to_string(tier), why));
    };
    const KernelBtf kernel{btf__load_vmlinux_btf()};
    if (!kernel) {
        return give_up("the kernel offers no BTF (/sys/kernel/btf/vmlinux)");
    }
    auto impl = std::make_unique<Impl>();
    impl->skeleton.reset(watch_bpf__open());
    if (!impl->skeleton) {
        return give_up(fmt::format("the BPF object cannot be opened: {}", std::strerror(errno)));
    }
    impl->skeleton->rodata->percpu_mutex_address = percpu_mutex;
    if (tier == TierChoice::kprobe) {
        impl->skeleton->rodata->return_trampoline = find_return_trampoline(symbols);
    }

    if (tier == TierChoice::tracepoint) {
        if (const auto why = find_gfp_arguments(*impl->skeleton, *kernel); !why.empty()) {
            return give_up(why);
        }
    }
    impl->skeleton->rodata->only_kswapd = find_only_kswapd().value_or(0);
    bpf_map__set_max_entries(impl->skeleton->maps.tasks, task_room());

    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, impl->skeleton->obj) { bpf_program__set_autoload(program, false); }

    std::vector<Planned> planned;
    for (const auto& point : probe_points(tier)) {
        if (has_better(point, kernel.get(), symbols)) {
            continue;
        }
        const auto name = resolve(point, kernel.get(), symbols);
        if (name.empty()) {
            if (point.essential) {
                return give_up(fmt::format("this kernel has no {}", point.ladder[0]));
            }
            missing.push_back({point.program(), fmt::format("this kernel has no {}", point.ladder[0])});
            continue;
        }
        auto* chosen = bpf_object__find_program_by_name(impl->skeleton->obj, point.program().c_str());
        bpf_program__set_autoload(chosen, true);
        if (point.mechanism == Mechanism::fentry || point.mechanism == Mechanism::fexit) {
            bpf_program__set_attach_target(chosen, 0, std::string{name}.c_str());
        }
        planned.push_back({&point, chosen, name});
    }
    if (watch_bpf__load(impl->skeleton.get()) != 0) {
        return give_up(fmt::format("the kernel does not accept the programs: {} {}", std::strerror(errno), refusal()));
    }
    if (!fill_numbers(*impl->skeleton)) {
        return give_up(fmt::format("the numbers cannot be filled in: {}", std::strerror(errno)));
    }
    if (tier == TierChoice::kprobe) {
        remove_orphaned_return_probes();
    }
    for (const auto& each : planned) {
        const auto& point = *each.point;
        auto link = impl->attach(each);
        if (!link) {
            const auto why = fmt::format("{} cannot be probed: {}", each.name, std::strerror(errno));
            if (point.essential) {
                return give_up(why);
            }
            missing.push_back({point.program(), why});
            continue;
        }
        impl->links.push_back(std::move(link));
        if (point.misses == Misses::matter) {
            impl->programs.push_back(each.program);
        }
        const auto program_name = point.program();
        impl->tier.attached.push_back(fmt::format("{}:{}", program_name.substr(0, program_name.find('_')), each.name));
    }
    impl->ring.reset(ring_buffer__new(bpf_map__fd(impl->skeleton->maps.events), &Impl::on_record, impl.get(), nullptr));
    if (!impl->ring) {
        return give_up(fmt::format("the event ring cannot be mapped: {}", std::strerror(errno)));
    }
    auto positions = RingPositions::map(bpf_map__fd(impl->skeleton->maps.events));
    if (!positions) {
        return give_up(positions.error().message());
    }
    impl->positions.emplace(std::move(*positions));
    impl->standing.reserve(WATCH_STANDING);
    impl->tier.used = to_string(tier);
    return Probe(std::move(impl));
}

Result<Probe> Probe::attach(TierChoice choice) {
    libbpf_set_print(&keep_refusal);
    const auto symbols = Symbols::load();
    if (!symbols) {
        return fail(symbols.error());
    }
    std::vector<seen::Tier::Missing> missing;
    const auto mutex = symbols->address("pcpu_alloc_mutex");
    if (!mutex) {
        // Nesting can still be watched, but nothing about the mutex itself: see sees_mutex().
        missing.push_back({"pcpu_alloc_mutex", "its address is not in /proc/kallsyms (needs root and KALLSYMS_ALL)"});
    }
    std::span<const TierChoice> order{&choice, 1};
    if (choice == TierChoice::automatic) {
        order = tiers_by_preference(preempts_in_kernel());
    }
    std::string reasons;
    for (const auto tier : order) {
        auto probe = attach_tier(tier, mutex.value_or(0), *symbols, missing);
        if (probe) {
            probe->impl_->tier.missing = std::move(missing);
            return probe;
        }
        reasons += (reasons.empty() ? "" : "; ") + probe.error().message();
    }
    return fail(Fault::unsupported, fmt::format("this kernel cannot be watched: {}", reasons));
}

bool Probe::sees_mutex() const { return impl_->skeleton->rodata->percpu_mutex_address != 0; }

const seen::Tier& Probe::tier() const { return impl_->tier; }

void Probe::use_names(Symbols symbols, DiskNames disks) {
    impl_->symbols = std::move(symbols);
    impl_->disks = std::move(disks);
}

void Probe::enable() {
    __atomic_store_n(&impl_->skeleton->bss->enabled, 1, __ATOMIC_SEQ_CST);
    impl_->skipped_before = impl_->skipped();
}

int Probe::drain(const std::function<void(const Observation&)>& sink) {
    impl_->sink = &sink;
    impl_->consumed = impl_->positions->consumed();
    const int count = ring_buffer__consume(impl_->ring.get());
    impl_->sink = nullptr;
    return count;
}

seen::Counters Probe::counters() const {
    auto counters = convert_counters(impl_->skeleton->bss->counters, monotonic_ns());
    std::erase_if(counters.edges, [&](const auto& edge) { return !impl_->is_believed(edge); });
    counters.lost_events += impl_->contradicted;
    return counters;
}

bool Probe::has_unfinished_event() const { return impl_->positions->reader_is_behind(impl_->consumed); }

std::uint64_t Probe::skipped() const { return impl_->skipped() - impl_->skipped_before; }

void Probe::retell(const std::function<void(const Observation&)>& sink) {
    const auto& bss = *impl_->skeleton->bss;
    read_standing(bss.standing, bss.eras, impl_->standing);
    for (const auto& event : impl_->standing) {
        if (const auto observation = convert_event(&event, sizeof(event), impl_->symbols, impl_->disks)) {
            sink(*observation);
        }
    }
}

}  // namespace blkhang
