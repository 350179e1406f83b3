// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/task_names.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace blkhang {
namespace {

std::string name_of(const TaskNames& names, std::uint32_t pid) { return names.name(pid).data(); }

TEST(TaskNames, KnowsThoseThatAreThere) {
    TaskNames names;
    names.read();
    EXPECT_FALSE(name_of(names, static_cast<std::uint32_t>(::getpid())).empty());
}

TEST(TaskNames, ALaterNameReplacesTheOneBefore) {
    TaskNames names;
    names.learn(7, "sh");
    names.learn(7, "a name that is longer than the kernel's");
    EXPECT_EQ(name_of(names, 7), "a name that is ");
    names.learn(7, "x");
    EXPECT_EQ(name_of(names, 7), "x");
    names.forget(7);
    EXPECT_EQ(name_of(names, 7), "");
}

}  // namespace
}  // namespace blkhang
