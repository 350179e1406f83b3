// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/members.h"

#include <algorithm>
#include <array>

#include "kernels/functions.h"

namespace blkhang {
namespace {

using Series = MemberKnowledge::Series;

constexpr std::string_view kCommonHalf =
    "an owner of pcpu_alloc_mutex could swap out until 8725ae13f0ca (7.3); no kernel has a fix for what is allocated "
    "here while the queue is frozen";
constexpr std::string_view kKillWaiter =
    "SIGKILL of the task that waits for pcpu_alloc_mutex with the queue frozen ends its wait (from 4.17 on), and that "
    "freed the machine in most tries";

constexpr std::string_view kLivelock =
    "the circle of locks is closed, but runs stood still in a livelock: who has the queue frozen, or the owner of "
    "pcpu_alloc_mutex for whom it waits, loops for memory that only those could free who wait for the queue";
constexpr std::string_view kAsActivate =
    "the queue is not frozen yet when the per-CPU data is allocated, but runs hung in the way of iocost-activate, by "
    "the policy data of the cgroups";

/// Of what a disk can show but once.
constexpr std::string_view kMoreDisks = "swap.spare=16";
constexpr std::string_view kTimeForThem = "duration=90s";

/// From which sources it was told (of Debian's packages): the versions in `read`.
std::vector<Series> open_in(bool v5_10, bool v6_1, bool v6_12, bool v6_18, bool v7_1, bool v7_2, bool v7_3) {
    return {{"5.10", "5.10.262", v5_10}, {"6.1", "6.1.192", v6_1}, {"6.12", "6.12.117", v6_12},
            {"6.18", "6.18.15", v6_18},  {"7.1", "7.1.13", v7_1},  {"7.2", "7.2.13", v7_2},
            {"7.3", "7.3.4", v7_3}};
}

/// The same, but for one of them it was measured (profiles/measured.json, profiles/README.md) that it hangs otherwise.
std::vector<Series> with(std::vector<Series> all, std::string_view version, std::string_view otherwise) {
    const auto found = std::ranges::find(all, version, &Series::version);
    if (found != all.end()) {
        found->open = true;
        found->otherwise = otherwise;
    }
    return all;
}

const std::vector<MemberKnowledge>& table() {
    static const std::vector<MemberKnowledge> all{
        {.name = "kvm-2011",
         .trigger = "a new cgroup's first IO to a disk, made inside reclaim",
         .circle = "a task inside pcpu_alloc() reclaims, swaps out, and allocates per-CPU statistics for the throttle "
                   "of its cgroup: it waits for pcpu_alloc_mutex, which it owns",
         // The throttle by both of its names (functions.h): who allocates in it does what they did in 2011.
         .functions = {"blkio_alloc_blkg_stats", "throtl_alloc_tg", "throtl_get_tg", functions::kBlkThrotl.front(),
                       functions::kBlkThrotl.back(), "cfq_get_queue", "cfq_alloc_cfqg", "cfq_get_cfqg"},
         .opened = "5624a4e445e2 (3.0)",
         .closed = "1cd9e039fc25 (3.5)",
         .series = {{"3.4", "3.4", true},
                    {"5.10", "5.10.262", false},
                    {"6.1", "6.1.192", false},
                    {"6.12", "6.12.117", false},
                    {"6.18", "6.18.15", false},
                    {"7.1", "7.1.13", false},
                    {"7.2", "7.2.13", false},
                    {"7.3", "7.3.4", false}},
         .until_then = "no swap on disks that tasks of new blkio cgroups write to"},
        {.name = "elv-bfq",
         .trigger = "bfq is chosen, or given up, as the IO scheduler of a disk that many cgroups use",
         .circle = "whoever switches the scheduler has the queue frozen and allocates policy data of the cgroups",
         .functions = {"bfq_init_queue", "bfq_create_group_hierarchy", "bfq_pd_alloc", "bfq_exit_queue"},
         .opened = "",
         .closed = kCommonHalf,
         .series = with(open_in(true, true, true, true, true, true, false), "7.3", kLivelock),
         .until_then = "do not switch to or from bfq at run time: let udev choose the scheduler before the disk is "
                       "swapped to"},
        {.name = "elv-kyber",
         .trigger = "kyber is chosen as the IO scheduler of a disk",
         .circle = "whoever switches the scheduler has the queue frozen and allocates kyber's per-CPU data",
         .functions = {"kyber_init_sched", "kyber_queue_data_alloc", "kyber_init_hctx"},
         .opened = "",
         .closed = "d4c3ef56a161 (6.19)",
         .series = with(open_in(true, true, true, true, false, false, false), "7.3", kLivelock),
         .until_then = "do not switch schedulers at run time: let udev choose one before the disk is swapped to"},
        {.name = "hwq-update",
         .trigger = "a disk gets another number of hardware queues: reset or reconnection of NVMe, nbd, CPUs that come "
                    "or go",
         .circle = "the queues are frozen while their tags are allocated anew",
         .functions = {functions::kUpdateHwQueues, functions::kUpdateHwQueuesInside},
         .opened = "",
         .closed = "539d1b47e935 (7.0)",
         .series = open_in(true, true, true, true, false, false, false),
         .until_then = kKillWaiter},
        {.name = "nr-requests",
         .trigger = "a larger value is written to queue/nr_requests",
         .circle = "the writer has the queue frozen and allocates tags",
         .functions = {functions::kUpdateNrRequests},
         .opened = "",
         .closed = "626ff4f8ebcb (6.18)",
         .series = open_in(true, true, true, false, false, false, false),
         .until_then = "do not change queue/nr_requests of a disk that is swapped to"},
        {.name = "wbt-enable",
         .trigger = "the first value is written to queue/wbt_lat_usec of a disk that has no wbt",
         .circle = "the writer has the queue frozen and allocates statistics",
         .functions = {functions::kWbtInit},
         .opened = "",
         .closed = "41afaeeda509 (7.0)",
         .series = open_in(false, false, true, true, false, false, false),
         .until_then = "do not write to queue/wbt_lat_usec of a disk that is swapped to",
         .has_profile = false},
        {.name = "iomax-first",
         .trigger = "the first io.max of a disk that many cgroups use",
         .circle = "the writer has the queue frozen and allocates the throttle's data of each cgroup",
         .functions = {functions::kThrotlInit, "throtl_pd_alloc"},
         .opened = "throttling is set up by the first rule since 6.10",
         .closed = kCommonHalf,
         .series = with(open_in(false, false, true, true, true, true, false), "7.3", kLivelock),
         .until_then = "set a first io.max before the disk is swapped to",
         .set = {kMoreDisks, kTimeForThem}},
        {.name = "iocost-activate",
         .trigger = "io.cost is enabled for a disk that many cgroups swap to",
         .circle = "the writer has the queue frozen and allocates policy data of the cgroups",
         .functions = {"ioc_pd_alloc"},
         .opened = "",
         .closed = kCommonHalf,
         .series = with(open_in(true, true, true, true, true, true, false), "7.3", kLivelock),
         .until_then = "enable io.cost before the disk is swapped to",
         .set = {kMoreDisks, kTimeForThem}},
        {.name = "iocost-enable",
         .trigger = "io.cost is enabled for a disk for the first time",
         .circle = "the writer has the queue frozen and allocates the controller's per-CPU data",
         .functions = {functions::kIocostInit},
         .opened = "the queue is frozen by then since 6.15",
         .closed = kCommonHalf,
         .series =
             with(with(open_in(false, false, false, true, true, true, false), "6.12", kAsActivate), "7.3", kLivelock),
         .until_then = "enable io.cost before the disk is swapped to",
         .set = {kMoreDisks, kTimeForThem}},
        {.name = "elv-switch",
         .trigger = "another IO scheduler is chosen for a disk",
         .circle = "whoever switches the scheduler has the queue frozen and allocates its tags",
         .functions = {functions::kElevatorSwitch},
         .opened = "",
         .closed = "f5a6604f7a44 (6.17)",
         .series = open_in(true, true, true, false, false, false, false),
         .until_then = "do not switch schedulers at run time: let udev choose one before the disk is swapped to"},
    };
    return all;
}

}  // namespace

std::span<const MemberKnowledge> members() { return table(); }

const MemberKnowledge* find_member(std::string_view name) {
    const auto found = std::ranges::find(table(), name, &MemberKnowledge::name);
    return found == table().end() ? nullptr : &*found;
}

bool is_packaged(const Series& series) {
    constexpr std::array<std::string_view, 5> kPackaged{"5.10", "6.1", "6.12", "7.2", "7.3"};
    return std::ranges::find(kPackaged, series.version) != kPackaged.end();
}

std::string_view fix_of(const MemberKnowledge& member) {
    constexpr std::size_t kCommit = 12;
    const auto first = member.closed.substr(0, member.closed.find(' '));
    const bool is_one =
        first.size() == kCommit && first.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return is_one ? first : std::string_view{};
}

const MemberKnowledge::Series* series_of(const MemberKnowledge& member, const KernelVersion& version) {
    const auto found =
        std::ranges::find_if(member.series, [&](const Series& one) { return kernel_version(one.version) == version; });
    return found == member.series.end() ? nullptr : &*found;
}

}  // namespace blkhang
