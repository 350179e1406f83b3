// SPDX-License-Identifier: GPL-2.0-only
#include "machine/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class FactsOfAHost : public FakeHost {
protected:
    void SetUp() override {
        const char* path = std::getenv("PATH");
        path_before_ = path != nullptr ? path : "";
        setenv("PATH", (at("sbin").string() + ":" + at("bin").string()).c_str(), 1);
    }
    void TearDown() override { setenv("PATH", path_before_.c_str(), 1); }
    void put_program(const fs::path& path) {
        put(path, "#!/bin/sh\n");
        fs::permissions(at(path), fs::perms::owner_all);
    }

    const HostRoots roots_ = roots();
    std::string path_before_;
};

TEST_F(FactsOfAHost, EmptyHostHasNothing) {
    const HostFacts facts = gather_host_facts(roots_);
    EXPECT_EQ(facts.release, "");
    EXPECT_FALSE(facts.btf);
    EXPECT_EQ(facts.memory_total, 0U);
    EXPECT_THAT(facts.cgroups, IsEmpty());
    EXPECT_THAT(facts.swaps, IsEmpty());
    EXPECT_FALSE(facts.kvm);
    EXPECT_FALSE(facts.qemu);
}

TEST_F(FactsOfAHost, KernelAndMemory) {
    put("proc/sys/kernel/osrelease", "6.1.0-99-cloud-amd64\n");
    put("proc/sys/kernel/version", "#1 SMP Debian\n");
    put("proc/meminfo", "MemTotal:        2048 kB\nMemFree:  1 kB\nMemAvailable:    1024 kB\n");
    put("sys/kernel/btf/vmlinux", "");
    put("dev/kvm", "");
    const HostFacts facts = gather_host_facts(roots_);
    EXPECT_EQ(facts.release, "6.1.0-99-cloud-amd64");
    EXPECT_EQ(facts.version, "#1 SMP Debian");
    EXPECT_EQ(facts.memory_total, 2U << 20);
    EXPECT_EQ(facts.memory_available, 1U << 20);
    EXPECT_TRUE(facts.btf);
    EXPECT_TRUE(facts.kvm);
}

TEST_F(FactsOfAHost, HybridCgroupsAreToldApart) {
    put("proc/self/mounts",
        "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
        "cgroup /sys/fs/cgroup/blkio cgroup rw,relatime,blkio 0 0\n"
        "cgroup /sys/fs/cgroup/pids cgroup rw,relatime,pids 0 0\n"
        "cgroup2 /sys/fs/cgroup/my\\040unified cgroup2 rw,nsdelegate 0 0\n");
    put("sys/fs/cgroup/my unified/cgroup.controllers", "cpu memory\n");
    const HostFacts facts = gather_host_facts(roots_);
    ASSERT_EQ(facts.cgroups.size(), 2U);
    EXPECT_EQ(facts.cgroups[0].version, 1);
    EXPECT_THAT(facts.cgroups[0].controllers, ElementsAre("blkio"));
    EXPECT_EQ(facts.cgroups[1].version, 2);
    EXPECT_EQ(facts.cgroups[1].path, "/sys/fs/cgroup/my unified");
    EXPECT_THAT(facts.cgroups[1].controllers, ElementsAre("cpu", "memory"));
    EXPECT_TRUE(facts.has_controller(1, "blkio"));
    EXPECT_FALSE(facts.has_controller(2, "io"));
    EXPECT_FALSE(facts.has_controller(1, "memory"));
    EXPECT_TRUE(facts.has_controller(2, "memory"));
}

TEST_F(FactsOfAHost, SwapsInBytes) {
    put("proc/swaps",
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "/dev/vda                                partition\t524284\t\t4\t\t-2\n");
    const HostFacts facts = gather_host_facts(roots_);
    ASSERT_EQ(facts.swaps.size(), 1U);
    EXPECT_EQ(facts.swaps[0].name, "/dev/vda");
    EXPECT_EQ(facts.swaps[0].size, 524284ULL * 1024);
    EXPECT_EQ(facts.swaps[0].used, 4096U);
}

TEST_F(FactsOfAHost, FindsProgramsThatCanBeRun) {
    put_program("bin/qemu-system-x86_64");
    put("sbin/stress-ng", "not executable");
    fs::create_directories(at("bin/make"));
    const HostFacts facts = gather_host_facts(roots_);
    EXPECT_EQ(facts.qemu, at("bin/qemu-system-x86_64"));
    EXPECT_FALSE(facts.stress_ng);
    EXPECT_FALSE(facts.make);
}

}  // namespace
}  // namespace blkhang
