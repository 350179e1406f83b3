// SPDX-License-Identifier: GPL-2.0-only
#include "run/percpu_waiters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kWaits = "[<0>] pcpu_alloc_noprof+0x5a1/0x9b0\n[<0>] mm_init+0x1/0x2\n";

class PercpuWaiters : public testing::Test {
protected:
    void add(const std::string& pid, const std::string& stat, const std::string& stack) {
        fs::create_directories(proc_.path() / pid);
        ASSERT_TRUE(write_file(proc_.path() / pid / "stat", stat));
        ASSERT_TRUE(write_file(proc_.path() / pid / "stack", stack));
    }
    TempDir proc_ = TempDir::make("waiters").value();
};

TEST_F(PercpuWaiters, WhoStaysIsNamed) {
    add("12", "12 (bash) D 2 0 0", kWaits);
    add("13", "13 (dd) D 2 0 0", "[<0>] io_schedule+0x1/0x2\n[<0>] folio_wait_bit+0x1/0x2\n");
    add("14", "14 (sh) S 2 0 0", kWaits);
    EXPECT_THAT(percpu_waiters(proc_.path(), std::chrono::milliseconds(1)), ElementsAre("bash[12]"));
}

TEST_F(PercpuWaiters, WhoGoesOnMeanwhileIsNot) {
    add("12", "12 (bash) D 2 0 0", kWaits);
    std::jthread goes_on([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        add("12", "12 (bash) R 2 0 0", "");
    });
    EXPECT_THAT(percpu_waiters(proc_.path(), std::chrono::milliseconds(500)), IsEmpty());
}

TEST_F(PercpuWaiters, NobodyTakesNoTime) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(percpu_waiters(proc_.path(), std::chrono::seconds(60)), IsEmpty());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace blkhang
