// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/objections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A host that nothing speaks against.
HostSituation idle_host() {
    HostSituation host;
    host.root = host.has_systemd = host.has_systemd_run = host.has_block_groups = host.has_stress_ng = true;
    host.cpus = 4;
    host.memory_available = std::uint64_t{8} << 30U;
    Watchdog watchdog;
    watchdog.driver = "iTCO_wdt";
    watchdog.taken = true;
    host.watchdogs = {watchdog};
    GivenDisk data;
    data.name = "sdb";
    data.number = "8:16";
    host.disks = {data};
    return host;
}

HostRunRequest careful() {
    HostRunRequest request;
    request.evidence = {"the journal /dev/pmem0"};
    return request;
}

TEST(ObjectionsTest, AnIdleHostWithAWatchdogAndAWayOutForEvidenceMayBeLoaded) {
    EXPECT_TRUE(objections(careful(), careful().profile, idle_host()).none());
}

TEST(ObjectionsTest, AllThatSpeaksAgainstItIsSaidAtOnce) {
    HostSituation host;
    host.in_container = true;
    auto request = careful();
    request.profile.pressure.vm = 1;
    request.consent.accepts_freeze = true;
    const auto all = objections(request, request.profile, host);
    EXPECT_THAT(all.refused, ElementsAre(HasSubstr("only root"), HasSubstr("container"), HasSubstr("systemd"),
                                         HasSubstr("control groups"), HasSubstr("of memory are available"),
                                         HasSubstr("stress-ng"), HasSubstr("--global-pressure")));
    EXPECT_THAT(all.consents, IsEmpty());
}

TEST(ObjectionsTest, ARunningVirtualMachineHasToBeNamedAndFreezingItAccepted) {
    auto host = idle_host();
    VirtualMachine machine;
    machine.pid = 7;
    machine.program = "qemu-system-x86";
    machine.guest = "db1";
    host.running.machines = {machine};
    auto request = careful();
    EXPECT_THAT(objections(request, request.profile, host).refused, ElementsAre(HasSubstr("--beside db1")));
    request.consent.beside = {"db1"};
    EXPECT_THAT(objections(request, request.profile, host).refused, IsEmpty());
    EXPECT_THAT(objections(request, request.profile, host).consents,
                ElementsAre(HasSubstr("virtual machines run here")));
    request.consent.accepts_freeze = true;
    EXPECT_TRUE(objections(request, request.profile, host).none());
    request.consent.beside = {"7"};
    EXPECT_TRUE(objections(request, request.profile, host).none()) << "by its process";
    host.running.machines.front().guest = "";
    request.consent.beside = {""};
    EXPECT_THAT(objections(request, request.profile, host).refused, ElementsAre(HasSubstr("--beside 7 lets")));
    host.running.machines.front().guest = "x; $(reboot)";  // whoever runs it chose that
    request.consent.beside.clear();
    EXPECT_THAT(objections(request, request.profile, host).refused,
                ElementsAre(HasSubstr("--beside 'x; $(reboot)' lets")));
}

TEST(ObjectionsTest, WithoutAWatchdogOrAWayOutTheFreezeHasToBeAccepted) {
    auto host = idle_host();
    host.watchdogs.clear();
    HostRunRequest request;
    EXPECT_THAT(objections(request, request.profile, host).consents,
                ElementsAre(HasSubstr("watchdog"), HasSubstr("--journal")));
    host = idle_host();
    host.watchdogs.front().driver = "Software Watchdog";
    EXPECT_THAT(objections(careful(), careful().profile, host).consents, ElementsAre(HasSubstr("watchdog")));
}

TEST(ObjectionsTest, VirtualMachinesNeedQemuAndMemoryAndKvm) {
    auto host = idle_host();
    auto request = careful();
    request.profile.kvm.guests = 8;
    host.memory_available = std::uint64_t{1} << 30U;
    EXPECT_THAT(objections(request, request.profile, host).refused,
                ElementsAre(HasSubstr("qemu-system-x86"), HasSubstr("1536MiB together, there are 1GiB"),
                            HasSubstr("which takes a CPU each, and there are 4")));
    host.memory_available <<= 2U;
    host.has_qemu = host.kvm = true;
    EXPECT_TRUE(objections(request, request.profile, host).none());
    request.memory_budget = std::uint64_t{1} << 30U;
    EXPECT_THAT(objections(request, request.profile, host).refused, ElementsAre(HasSubstr("--set kvm.guests=N")));
    request.profile.kvm.boot = KvmBoot::sector;
    EXPECT_TRUE(objections(request, request.profile, host).none()) << "those are small";
}

TEST(ObjectionsTest, AWatchdogOfItsOwnSavesTheConsentAndHasToBeFreeAndStoppable) {
    auto host = idle_host();
    auto request = careful();
    request.watchdog = "/dev/watchdog7";
    EXPECT_THAT(objections(request, request.profile, host).refused,
                ElementsAre("/dev/watchdog7 is no watchdog of this host"));
    auto& watchdog = host.watchdogs.front();
    watchdog.name = "watchdog7";
    watchdog.state_told = true;
    EXPECT_THAT(objections(request, request.profile, host).refused,
                ElementsAre(HasSubstr("/dev/watchdog7: it runs already")));
    watchdog.taken = false;
    EXPECT_TRUE(objections(request, request.profile, host).none());
    watchdog.no_way_out = true;
    EXPECT_THAT(objections(request, request.profile, host).refused, ElementsAre(HasSubstr("nowayout")));
}

TEST(ObjectionsTest, WithoutGroupsOrWhereNothingCanBeChangedNoLoadIsPut) {
    auto host = idle_host();
    host.has_systemd_run = false;
    EXPECT_THAT(objections(careful(), careful().profile, host).refused, ElementsAre(HasSubstr("systemd-run")));
    host.has_systemd = false;
    EXPECT_THAT(objections(careful(), careful().profile, host).refused, ElementsAre(HasSubstr("there is no systemd")))
        << "once";
    host = idle_host();
    host.has_block_groups = false;
    EXPECT_THAT(objections(careful(), careful().profile, host).refused,
                ElementsAre(HasSubstr("cgroup v2 with the controllers io and memory, or v1 with blkio")));
    host = idle_host();
    host.read_only = {"/sys", "/sys/fs/cgroup"};
    EXPECT_THAT(objections(careful(), careful().profile, host).refused,
                ElementsAre(HasSubstr("mount -o remount,rw /sys"), HasSubstr("mount -o remount,rw /sys/fs/cgroup")));
}

TEST(ObjectionsTest, TheRunItselfNeedsMemory) {
    auto host = idle_host();
    host.memory_available = (std::uint64_t{128} << 20U) - 1;
    EXPECT_THAT(objections(careful(), careful().profile, host).refused,
                ElementsAre(HasSubstr("127MiB of memory are available, and a run takes 128MiB")));
    ++host.memory_available;
    EXPECT_TRUE(objections(careful(), careful().profile, host).none());
}

TEST(ObjectionsTest, FilesNeedRoomForAllDisksAndSomeForOthers) {
    auto host = idle_host();
    auto request = careful();
    request.disks = FileDisks{"/srv/spare"};
    auto& profile = request.profile;
    profile.guest.data_disk = std::uint64_t{64} << 20U;
    profile.swap.disks = 2;
    profile.swap.spare = 1;
    profile.swap.size = std::uint64_t{32} << 20U;
    host.room_for_files = std::uint64_t{160} << 20U;
    EXPECT_THAT(objections(request, profile, host).refused,
                ElementsAre("the disks of --files take 160MiB, and in /srv/spare there are 160MiB free: name a "
                            "directory with more room"));
    ++*host.room_for_files;
    EXPECT_TRUE(objections(request, profile, host).none());
    host.room_for_files.reset();
    EXPECT_TRUE(objections(request, profile, host).none()) << "not known";
}

TEST(ObjectionsTest, FilesThatAreInMemoryAreNothingToSwapTo) {
    auto host = idle_host();
    host.files_in_memory = true;
    auto request = careful();
    request.consent.accepts_freeze = true;
    EXPECT_THAT(objections(request, request.profile, host).refused,
                ElementsAre(HasSubstr("name a directory on a disk")));
}

TEST(ObjectionsTest, AProfileGetsTheKindOfDiskThatItIsAbout) {
    auto request = careful();
    request.disks = FileDisks{"/srv/spare"};
    request.profile.swap.device = SwapKind::null_blk;
    EXPECT_THAT(objections(request, request.profile, idle_host()).refused, ElementsAre(HasSubstr("--null-blk")));
    request.disks = NullDisks{};
    EXPECT_TRUE(objections(request, request.profile, idle_host()).none());
    request.profile.swap.device = SwapKind::nbd;
    EXPECT_THAT(objections(request, request.profile, idle_host()).refused,
                ElementsAre(HasSubstr("only made in guests")));
}

TEST(ObjectionsTest, PressureOnDisksInMemoryHasToBeBounded) {
    auto host = idle_host();
    host.memory_available = std::uint64_t{1} << 30U;
    auto request = careful();
    request.disks = NullDisks{};
    EXPECT_TRUE(objections(request, request.profile, host).none()) << "no pressure";
    request.profile.pressure.vm = 1;
    request.consent.global_pressure = true;
    EXPECT_THAT(objections(request, request.profile, host).refused,
                ElementsAre(HasSubstr("--memory-budget 512MiB at most")));
    request.memory_budget = std::uint64_t{512} << 20U;
    EXPECT_TRUE(objections(request, request.profile, host).none());
    ++request.memory_budget;
    EXPECT_THAT(objections(request, request.profile, host).refused, ElementsAre(HasSubstr("--memory-budget")));
}

TEST(ObjectionsTest, OthersLimitsOnADiskAndWhatKillsProcessesAreRefused) {
    auto host = idle_host();
    host.limits = {{"/system.slice/db.service", "io.max", "io.max", "8:16", "8:16 wbps=1048576"},
                   {"/system.slice/db.service", "io.max", "io.max", "8:0", "8:0 wbps=1048576"}};
    host.running.killers = {{12, "systemd-oomd"}};
    host.disks.front().objections = {"/dev/sdb is mounted"};
    EXPECT_THAT(objections(careful(), careful().profile, host).refused,
                ElementsAre(HasSubstr("systemd-oomd"), "/dev/sdb is mounted", HasSubstr("io.max")));
    host = idle_host();
    host.limits = {{"/system.slice/db.service", "io.latency", "io.latency", "8:0", "8:0 target=1000"}};
    EXPECT_TRUE(objections(careful(), careful().profile, host).none());
    GivenDisk root;
    root.name = "sda";
    root.number = "8:0";
    host.below = {root};
    EXPECT_THAT(objections(careful(), careful().profile, host).refused, ElementsAre(HasSubstr("io.latency")))
        << "below the files";
}

}  // namespace
}  // namespace blkhang
