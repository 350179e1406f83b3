// SPDX-License-Identifier: GPL-2.0-only
#include "probe/probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "host/preemption.h"
#include "probe/arguments.h"
#include "probe/convert.h"
#include "probe/plausible.h"
#include "probe/ring_positions.h"
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

/// libbpf would print to standard error; what matters comes back in our own errors.
int discard_message(libbpf_print_level, const char*, va_list) { return 0; }

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

Link attach_program(bpf_program* program, const ProbePoint& point, std::string_view name) {
    switch (point.mechanism) {
        case Mechanism::kprobe:
        case Mechanism::kretprobe:
            return Link{bpf_program__attach_kprobe(program, point.mechanism == Mechanism::kretprobe,
                                                   std::string{name}.c_str())};
        case Mechanism::fentry:
        case Mechanism::fexit:
        case Mechanism::tracepoint:
            break;
    }
    return Link{bpf_program__attach(program)};
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
    bool repeats;  ///< another one
};

bpf_program* find_program(const watch_bpf& skeleton, const std::string& name) {
    return bpf_object__find_program_by_name(skeleton.obj, name.c_str());
}

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
    std::vector<Link> links;
    std::vector<bpf_program*> programs;  ///< those that repeat no other
    std::unique_ptr<ring_buffer, CloseRing> ring;
    std::optional<RingPositions> positions;
    unsigned long consumed = 0;  ///< before the last drain()
    Symbols symbols;
    DiskNames disks;
    seen::Tier tier;
    const std::function<void(const Observation&)>* sink = nullptr;              ///< only during drain()
    std::bitset<static_cast<std::size_t>(kScopeCount) * kScopeCount> believed;  ///< edges handed on
    std::uint64_t contradicted = 0;  ///< edges that their own stack contradicts
    std::int64_t skipped_before = 0;

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

    /// Runs of a first program that the kernel skipped, less those that its repeats made up for.
    [[nodiscard]] std::int64_t skipped() const {
        // In this order: a call under way may then count as skipped, but not as caught alone.
        auto balance = -static_cast<std::int64_t>(__atomic_load_n(&skeleton->bss->counters.caught, __ATOMIC_SEQ_CST));
        for (const auto* program : programs) {
            bpf_prog_info info{};
            std::uint32_t size = sizeof(info);
            if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
                balance += static_cast<std::int64_t>(info.recursion_misses);
            }
        }
        return balance;
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
    const bool repeated = tier == TierChoice::fentry && preempts_in_kernel();
    impl->skeleton->rodata->repeated = repeated;

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
            missing.push_back({std::string{point.program}, fmt::format("this kernel has no {}", point.ladder[0])});
            continue;
        }
        const auto plan = [&](const std::string& program_name, bool repeats) {
            auto* chosen = find_program(*impl->skeleton, program_name);
            if (chosen == nullptr) {  // not as many repeats as others have
                return;
            }
            bpf_program__set_autoload(chosen, true);
            if (has_repeats(point.mechanism)) {
                bpf_program__set_attach_target(chosen, 0, std::string{name}.c_str());
            }
            planned.push_back({&point, chosen, name, repeats});
        };
        if (repeated && has_repeats(point.mechanism)) {
            for (const auto suffix : kRepeatSuffixes) {
                plan(fmt::format("{}{}", point.program, suffix), true);
            }
        }
        plan(std::string{point.program}, false);
    }
    if (watch_bpf__load(impl->skeleton.get()) != 0) {
        return give_up(fmt::format("the kernel does not accept the programs: {}", std::strerror(errno)));
    }
    for (const auto& [point, loaded, name, repeats] : planned) {
        auto link = attach_program(loaded, *point, name);
        if (!link) {
            const auto why = fmt::format("{} cannot be probed: {}", name, std::strerror(errno));
            if (point->essential) {
                return give_up(why);
            }
            missing.push_back({std::string{point->program}, why});
            continue;
        }
        impl->links.push_back(std::move(link));
        if (repeats) {
            continue;
        }
        impl->programs.push_back(loaded);
        impl->tier.attached.push_back(fmt::format("{}:{}", point->program.substr(0, point->program.find('_')), name));
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
    impl->tier.used = to_string(tier);
    return Probe(std::move(impl));
}

Result<Probe> Probe::attach(TierChoice choice) {
    libbpf_set_print(&discard_message);
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
    std::vector<TierChoice> order{choice};
    if (choice == TierChoice::automatic) {
        order = {TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint};
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

std::uint64_t Probe::skipped_or_under_way() const {
    // Did another program than thought run first, this would be far from zero on the other side.
    return static_cast<std::uint64_t>(std::abs(impl_->skipped() - impl_->skipped_before));
}

std::uint64_t Probe::count_skipped(Deadline deadline) const {
    constexpr auto kLookAgain = std::chrono::milliseconds(10);
    auto least = std::numeric_limits<std::uint64_t>::max();
    for (;;) {
        least = std::min(least, skipped_or_under_way());
        if (least == 0 || deadline.passed()) {
            return least;
        }
        std::this_thread::sleep_for(kLookAgain);
    }
}

}  // namespace blkhang
