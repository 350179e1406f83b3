// SPDX-License-Identifier: GPL-2.0-only
#include "minimize/ingredients.h"

#include <algorithm>

#include <fmt/format.h>

namespace blkhang {
namespace {

/// That of the kernel, unless somebody sets another (vm.swappiness).
constexpr std::uint32_t kUsualSwappiness = 60;

struct Part {
    const char* name;
    bool (*there)(const Profile&);
    void (*take)(Profile&);
    bool often_needed;
};

constexpr Part kParts[] = {
    {"limits for the data disk", [](const Profile& p) { return p.throttle.data.limits_anything(); },
     [](Profile& p) { p.throttle.data = {}; }, false},
    {"limits for the swap disk", [](const Profile& p) { return p.throttle.swap.limits_anything(); },
     [](Profile& p) { p.throttle.swap = {}; }, false},
    {"swappiness", [](const Profile& p) { return p.swap.swappiness != kUsualSwappiness; },
     [](Profile& p) { p.swap.swappiness = kUsualSwappiness; }, false},
    {"steady writers", [](const Profile& p) { return p.writers.count > 0; }, [](Profile& p) { p.writers.count = 0; },
     false},
    {"virtual machines", [](const Profile& p) { return p.kvm.guests > 0; }, [](Profile& p) { p.kvm.guests = 0; },
     false},
    {"writes by fresh cgroups", [](const Profile& p) { return p.churn.workers > 0 && p.churn.member_writes > 0; },
     [](Profile& p) { p.churn.member_writes = 0; }, false},
    {"per-CPU churn under PR_SET_IO_FLUSHER", [](const Profile& p) { return p.percpu.flushers > 0; },
     [](Profile& p) { p.percpu.flushers = 0; }, false},
    {"several swap disks", [](const Profile& p) { return p.swap.disks > 1; }, [](Profile& p) { p.swap.disks = 1; },
     false},
    {"CPUs that are possible but not there", [](const Profile& p) { return p.guest.possible_cpus > p.guest.cpus; },
     [](Profile& p) { p.guest.possible_cpus = p.guest.cpus; }, false},
    {"a second CPU", [](const Profile& p) { return p.guest.cpus > 1; },
     [](Profile& p) {
         if (p.guest.possible_cpus == p.guest.cpus) {  // those that are not there are an ingredient of their own
             p.guest.possible_cpus = 1;
         }
         p.guest.cpus = 1;
     },
     false},
    {"fresh cgroups", [](const Profile& p) { return p.churn.workers > 0; }, [](Profile& p) { p.churn.workers = 0; },
     true},
    {"memory pressure", [](const Profile& p) { return p.pressure.vm > 0; },
     [](Profile& p) {
         p.pressure.vm = 0;
         p.pressure.vm_bytes = 0;
     },
     true},
    {"per-CPU maps", [](const Profile& p) { return p.percpu.churners > 0; }, [](Profile& p) { p.percpu.churners = 0; },
     true},
};

/// A number that can be half of what it is, or one.
struct Size {
    const char* name;
    std::uint64_t (*get)(const Profile&);  ///< 0 where it does not matter
    void (*set)(Profile&, std::uint64_t);
    std::uint64_t least;
    std::uint64_t step;  ///< of which it stays a multiple
};

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kPage = 4096;

constexpr Size kSizes[] = {
    {"workers that make cgroups", [](const Profile& p) -> std::uint64_t { return p.churn.workers; },
     [](Profile& p, std::uint64_t n) { p.churn.workers = static_cast<std::uint32_t>(n); }, 1, 1},
    {"live cgroups", [](const Profile& p) -> std::uint64_t { return p.churn.workers > 0 ? p.churn.ring : 0; },
     [](Profile& p, std::uint64_t n) { p.churn.ring = static_cast<std::uint32_t>(n); }, 1, 1},
    {"memory of each cgroup",
     [](const Profile& p) -> std::uint64_t { return p.churn.workers > 0 ? p.churn.member_memory : 0; },
     [](Profile& p, std::uint64_t n) { p.churn.member_memory = n; }, kPage, kPage},
    {"writers", [](const Profile& p) -> std::uint64_t { return p.writers.count; },
     [](Profile& p, std::uint64_t n) { p.writers.count = static_cast<std::uint32_t>(n); }, 1, 1},
    {"virtual machines", [](const Profile& p) -> std::uint64_t { return p.kvm.guests; },
     [](Profile& p, std::uint64_t n) { p.kvm.guests = static_cast<std::uint32_t>(n); }, 1, 1},
    {"processes that make per-CPU maps", [](const Profile& p) -> std::uint64_t { return p.percpu.churners; },
     [](Profile& p, std::uint64_t n) { p.percpu.churners = static_cast<std::uint32_t>(n); }, 1, 1},
    {"live per-CPU maps", [](const Profile& p) -> std::uint64_t { return p.percpu.churners > 0 ? p.percpu.maps : 0; },
     [](Profile& p, std::uint64_t n) { p.percpu.maps = static_cast<std::uint32_t>(n); }, 1, 1},
    {"entries of a per-CPU map",
     [](const Profile& p) -> std::uint64_t { return p.percpu.churners > 0 ? p.percpu.entries : 0; },
     [](Profile& p, std::uint64_t n) { p.percpu.entries = static_cast<std::uint32_t>(n); }, 1, 1},
    {"stressors", [](const Profile& p) -> std::uint64_t { return p.pressure.vm; },
     [](Profile& p, std::uint64_t n) { p.pressure.vm = static_cast<std::uint32_t>(n); }, 1, 1},
    {"memory of a stressor", [](const Profile& p) -> std::uint64_t { return p.pressure.vm_bytes; },
     [](Profile& p, std::uint64_t n) { p.pressure.vm_bytes = n; }, kMiB, kMiB},
    {"disks that become swap", [](const Profile& p) -> std::uint64_t { return p.swap.spare; },
     [](Profile& p, std::uint64_t n) { p.swap.spare = static_cast<std::uint32_t>(n); }, 1, 1},
    {"size of the swap disk", [](const Profile& p) -> std::uint64_t { return p.swap.size; },
     [](Profile& p, std::uint64_t n) { p.swap.size = n; }, 64 * kMiB, kMiB},
};

}  // namespace

std::vector<Ingredient> ingredients_of(const Profile& profile) {
    std::vector<Ingredient> found;
    for (const Part& part : kParts) {
        if (part.there(profile)) {
            found.push_back({part.name, part.take, part.often_needed});
        }
    }
    for (const Trigger& trigger : profile.triggers) {
        const auto name = trigger.name;
        found.push_back({fmt::format("trigger '{}' ({})", name, trigger.file),
                         [name](Profile& made) {
                             std::erase_if(made.triggers, [&](const Trigger& each) { return each.name == name; });
                         },
                         true});
    }
    return found;
}

std::vector<Ingredient> sizes_of(const Profile& profile) {
    std::vector<Ingredient> found;
    for (const Size& size : kSizes) {
        const auto is = size.get(profile);
        const auto half = std::max(is / 2 / size.step * size.step, size.least);
        if (half < is) {
            found.push_back(
                {fmt::format("half the {}", size.name), [&size, half](Profile& made) { size.set(made, half); }});
        }
    }
    return found;
}

}  // namespace blkhang
