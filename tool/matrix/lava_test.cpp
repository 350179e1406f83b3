// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/lava.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "profile/resolve.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// That LAVA takes it is asked of LAVA's own schema: ci/checks/lava.py.

MatrixRequest request(const std::string& kernel) {
    MatrixRequest request;
    request.kernels = {kernel};
    request.profiles = {"kvm-2011"};
    request.repeat = 2;
    return request;
}

Result<std::size_t> exported(const MatrixRequest& request, const fs::path& directory) {
    return export_lava(request, resolve_profiles(request.profiles, {}).value(), directory);
}

TEST(Lava, ThereIsAJobForEachCellAndDevice) {
    const auto dir = TempDir::make("lava-test").value();
    EXPECT_EQ(exported(request("deb:6.1"), dir.path() / "jobs").value(), 2U);
    for (const char* const name : {"deb-6.1_kvm-2011_stock_1.qemu.yaml", "deb-6.1_kvm-2011_stock_2.qemu.yaml",
                                   "deb-6.1_kvm-2011_stock_1.bare-metal.yaml"}) {
        const auto text = read_file(dir.path() / "jobs" / name);
        ASSERT_TRUE(text) << name;
        EXPECT_THAT(*text, HasSubstr("lava-test-case deb-6.1_kvm-2011_stock_"));
    }
}

TEST(Lava, WhatAStrangerNamedStaysInItsQuotes) {
    Cell cell;
    cell.id = "a";
    cell.subject = {"deb:x\"\nactions: []", "p", ""};
    cell.profile_toml = "END_OF_CELL\nrm -rf /\n";
    const std::string job = lava_job(cell, LavaDevice::qemu, std::chrono::minutes(2));
    EXPECT_THAT(job, HasSubstr("kernel: \"deb:x\\\"\\nactions: []\"\n"));
    EXPECT_THAT(job, Not(HasSubstr("\nrm -rf")));
    EXPECT_THAT(job, Not(HasSubstr("\nactions: []")));
}

TEST(Lava, AKernelOfThisMachineIsNoneOfALabs) {
    const auto dir = TempDir::make("lava-test").value();
    const auto made = exported(request("file:/boot/vmlinuz"), dir.path() / "jobs");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().fault(), Fault::usage);
    EXPECT_THAT(made.error().message(), HasSubstr("lies on this machine"));
    EXPECT_FALSE(fs::exists(dir.path() / "jobs"));
}

}  // namespace
}  // namespace blkhang
