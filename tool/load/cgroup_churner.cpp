// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/parent.h"
#include "load/disk.h"
#include "load/roles.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kMemberBlock = 4096;
constexpr std::uint64_t kPage = 4096;

struct Member {
    std::string cgroup;
    pid_t pid;
};

/// Touches its memory, writes a few blocks and then sits on the memory for others to swap out.
[[noreturn]] void play_member(const Profile& profile, DiskWriter& disk, std::uint64_t offset, LoadCounters& counters) {
    ::prctl(PR_SET_NAME, "blkhang-member");
    const auto size = profile.churn.member_memory;
    auto* memory = static_cast<volatile char*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (memory != MAP_FAILED) {
        for (std::uint64_t at = 0; at < size; at += kPage) {
            memory[at] = static_cast<char>(at / kPage + 1);
        }
    }
    for (std::uint32_t i = 0; i < profile.churn.member_writes; ++i) {
        if (disk.write_at(offset + i * kMemberBlock)) {
            counters.member_ios++;
            counters.member_writers += i == 0 ? 1 : 0;
            counters.bytes_written += kMemberBlock;
        } else {
            counters.write_failures++;
        }
    }
    for (;;) {
        ::pause();
    }
}

/// Says in shared memory which limit this process is writing, where there is room to.
CgroupTree::Writes tell_in(LoadCounters& counters, std::uint32_t index) {
    if (index >= counters.limit_writers.size()) {
        return {};
    }
    auto& own = counters.limit_writers.at(index);
    own.pid = ::getpid();
    return [&own](std::optional<std::size_t> throttle) {
        if (throttle) {
            own.throttle = static_cast<std::uint32_t>(*throttle);
        }
        ++own.write;
    };
}

/// A process in that group; its pid, or -1.
pid_t start_member(const Profile& profile, const LoadSite& site, const std::string& cgroup, DiskWriter& disk,
                   std::uint64_t round, LoadCounters& counters) {
    const pid_t us = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        die_with(us);
        // Joins by itself: only memory touched inside the cgroup is charged to it.
        if (!site.cgroups->attach(cgroup, ::getpid())) {
            counters.cgroup_failures++;
        }
        play_member(profile, disk, round * profile.churn.member_writes * kMemberBlock, counters);
    }
    return pid;
}

void retire(const LoadSite& site, const Member& member, LoadCounters& counters) {
    ::kill(member.pid, SIGKILL);
    ::waitpid(member.pid, nullptr, 0);
    if (site.cgroups->remove(member.cgroup)) {
        counters.cgroups_removed++;
    } else {
        counters.cgroup_failures++;
    }
}

}  // namespace

void play_cgroup_churner(const Profile& profile, const LoadSite& site, std::uint32_t index, LoadCounters& counters) {
    auto disk = DiskWriter::open(site.data_disk, WriteMode::direct, kMemberBlock);
    if (!disk) {
        counters.write_failures++;
        ::_exit(1);
    }
    wait_for_go(counters);

    const auto tell = tell_in(counters, index);
    // Making a group and its limits allocates per-CPU memory, with the mutex in hand where that takes new pages.
    // Where the bio by which that swaps belongs to the group of whoever allocates, each is made from inside the one
    // before, which nobody has used yet: only the first bio of a group is dangerous.
    const bool from_inside = site.swap_is_submitters;
    std::string unused;
    std::deque<Member> ring;
    for (std::uint64_t round = 0;; ++round) {
        auto cgroup = fmt::format("churn{}-{}", index, round);
        if (!site.cgroups->create(cgroup, site.throttles, tell)) {
            counters.cgroup_failures++;
            continue;
        }
        counters.cgroups_created++;
        if (from_inside) {
            if (!site.cgroups->attach(cgroup, ::getpid())) {
                counters.cgroup_failures++;
            }
            std::swap(cgroup, unused);
            if (cgroup.empty()) {
                continue;
            }
        }
        const pid_t pid = start_member(profile, site, cgroup, *disk, round, counters);
        if (pid < 0) {
            counters.cgroup_failures++;
            continue;
        }
        ring.push_back({cgroup, pid});
        if (ring.size() > profile.churn.ring) {
            retire(site, ring.front(), counters);
            ring.pop_front();
        }
    }
}

}  // namespace blkhang
