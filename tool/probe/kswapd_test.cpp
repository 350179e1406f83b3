// SPDX-License-Identifier: GPL-2.0-only
#include "probe/kswapd.h"

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"

namespace blkhang {
namespace {

class Kswapd : public testing::Test {
protected:
    void add(int pid, const std::string& comm, int parent) {
        const auto directory = proc_.path() / std::to_string(pid);
        std::filesystem::create_directories(directory);
        ASSERT_TRUE(write_file(directory / "comm", comm + "\n"));
        ASSERT_TRUE(write_file(directory / "stat",
                               std::to_string(pid) + " (" + comm + ") S " + std::to_string(parent) + " 0 0 0 -1\n"));
    }
    TempDir proc_ = TempDir::make("kswapd").value();
};

TEST_F(Kswapd, TheOnlyOne) {
    add(1, "systemd", 0);
    add(57, "kswapd0", 2);
    EXPECT_EQ(find_only_kswapd(proc_.path()), 57U);
}

TEST_F(Kswapd, OneOfTwoIsNotTheOnlyOne) {
    add(57, "kswapd0", 2);
    add(58, "kswapd1", 2);
    EXPECT_EQ(find_only_kswapd(proc_.path()), std::nullopt);
}

TEST_F(Kswapd, AProgramOfThatNameIsNone) {
    add(57, "kswapd0", 2);
    add(900, "kswapd1", 1);
    add(901, "kswapd) S 2 x", 1);
    EXPECT_EQ(find_only_kswapd(proc_.path()), 57U);
}

TEST_F(Kswapd, NoneAtAll) { EXPECT_EQ(find_only_kswapd(proc_.path()), std::nullopt); }

}  // namespace
}  // namespace blkhang
