// SPDX-License-Identifier: GPL-2.0-only
#include "run/percpu_waiters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kWaits = "[<0>] pcpu_alloc_noprof+0x5a1/0x9b0\n[<0>] mm_init+0x1/0x2\n";
constexpr const char* kWaitsOnOlder = "[<0>] pcpu_alloc+0x10/0x90\n";
constexpr auto kLasting = std::chrono::seconds(1);

class PercpuWaiters : public testing::Test {
protected:
    void add(const std::string& pid, const std::string& stat, const std::string& stack) const {
        fs::create_directories(proc_.path() / pid);
        ASSERT_TRUE(write_file(proc_.path() / pid / "stat", stat));
        ASSERT_TRUE(write_file(proc_.path() / pid / "stack", stack));
    }
    /// Their names, where that happens while time passes.
    [[nodiscard]] std::vector<std::string> waiters(const PassTime& meanwhile) const {
        std::vector<std::string> names;
        for (const auto& task : lasting_percpu_waiters(proc_.path(), kLasting, meanwhile)) {
            names.push_back(task_name(task.comm, task.pid));
        }
        return names;
    }
    TempDir proc_ = TempDir::make("waiters").value();
};

TEST_F(PercpuWaiters, WhoStaysIsNamed) {
    add("12", "12 (bash) D 2 0 0", kWaits);
    add("13", "13 (dd) D 2 0 0", "[<0>] io_schedule+0x1/0x2\n[<0>] folio_wait_bit+0x1/0x2\n");
    add("14", "14 (sh) S 2 0 0", kWaits);
    add("15", "15 (task) D 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0\n", kWaitsOnOlder);
    std::vector<std::chrono::milliseconds> passed;
    EXPECT_THAT(waiters([&](auto time) { passed.push_back(time); }),
                testing::UnorderedElementsAre("bash[12]", "task[15]"));
    EXPECT_THAT(passed, ElementsAre(kLasting));
}

TEST_F(PercpuWaiters, WhoGoesOnMeanwhileIsContention) {
    add("12", "12 (bash) D 2 0 0", kWaits);
    EXPECT_THAT(waiters([&](auto) { add("12", "12 (bash) R 2 0 0", ""); }), IsEmpty());
    add("12", "12 (bash) D 2 0 0", kWaitsOnOlder);
    EXPECT_THAT(waiters([&](auto) { add("12", "12 (bash) S 2 0 0", "[<0>] do_sys_poll+0x10/0x90\n"); }), IsEmpty());
}

TEST_F(PercpuWaiters, WhoCameLaterIsContention) {
    add("12", "12 (bash) D 2 0 0", kWaits);
    EXPECT_THAT(waiters([&](auto) {
                    add("12", "12 (bash) R 2 0 0", "");
                    add("13", "13 (sh) D 2 0 0", kWaits);
                }),
                IsEmpty());
}

TEST_F(PercpuWaiters, WhereNobodyWaitsNoTimeIsSpent) {
    add("13", "13 (dd) D 2 0 0", "[<0>] io_schedule+0x1/0x2\n");
    EXPECT_THAT(waiters([](auto) { FAIL(); }), IsEmpty());
}

}  // namespace
}  // namespace blkhang
