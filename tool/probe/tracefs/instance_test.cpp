// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

/// The files of a kernel that has one tracer, before there were instances.
class Instance : public testing::Test {
protected:
    void put(const std::string& file, const std::string& content) {
        const auto path = roots_.sys / file;
        fs::create_directories(path.parent_path());
        ASSERT_TRUE(write_file(path, content));
    }
    std::string content(const std::string& file) { return read_file(roots_.sys / file).value_or("nothing"); }
    void provide() {
        put("kernel/debug/tracing/kprobe_events", "");
        put("kernel/debug/tracing/tracing_on", "1");
        put("kernel/debug/tracing/current_tracer", "nop\n");
        put("kernel/debug/tracing/set_event", "\n");
        put(fmt::format("kernel/debug/tracing/events/blkhang_{}/here/enable", ::getpid()), "0");
    }
    std::string refusal() {
        const auto made = TraceInstance::make(roots_);
        return made ? "" : made.error().message();
    }

    TempDir dir_ = TempDir::make("blkhang-trace").value();
    TraceRoots roots_{dir_.path() / "sys", dir_.path() / "proc"};
};

TEST_F(Instance, ADeniedOrBusyFacilityIsOneLine) {
    EXPECT_THAT(refusal(), HasSubstr("neither tracefs nor debugfs is mounted"));
    put("kernel/tracing/trace", "");
    EXPECT_THAT(refusal(), HasSubstr("CONFIG_KPROBE_EVENTS"));
    provide();
    EXPECT_EQ(refusal(), "");
    put("kernel/debug/kprobes/enabled", "0\n");
    EXPECT_THAT(refusal(), HasSubstr("kprobes are switched off"));
    put("kernel/debug/kprobes/enabled", "1\n");
    put("kernel/debug/tracing/set_event", "sched:sched_switch\nsched:sched_wakeup\n");
    EXPECT_THAT(refusal(), HasSubstr("in use: it records sched:sched_switch"));
    put("kernel/debug/tracing/current_tracer", "function\n");
    EXPECT_THAT(refusal(), HasSubstr("in use: function"));
}

TEST_F(Instance, TheOnlyTracerIsLeftAsItWas) {
    provide();
    {
        auto made = TraceInstance::make(roots_);
        ASSERT_TRUE(made);
        EXPECT_EQ(content("kernel/debug/tracing/tracing_on"), "0");
        ASSERT_TRUE(made->add_probe("r16", "here", "pcpu_alloc", "frame=%sp"));
        EXPECT_EQ(content("kernel/debug/tracing/kprobe_events"),
                  fmt::format("r16:blkhang_{}/here pcpu_alloc frame=%sp", ::getpid()));
        EXPECT_EQ(content(fmt::format("kernel/debug/tracing/events/blkhang_{}/here/enable", ::getpid())), "1");
    }
    EXPECT_EQ(content("kernel/debug/tracing/tracing_on"), "1");
    EXPECT_EQ(content(fmt::format("kernel/debug/tracing/events/blkhang_{}/here/enable", ::getpid())), "0");
    EXPECT_THAT(content("kernel/debug/tracing/kprobe_events"), HasSubstr(fmt::format("-:blkhang_{}/here", ::getpid())));
}

TEST_F(Instance, LossesAreReadAnewEachTime) {
    provide();
    put("kernel/debug/tracing/per_cpu/cpu0/stats", "entries: 3\noverrun: 5\ncommit overrun: 2\ndropped events: 1\n");
    put("kernel/debug/tracing/kprobe_profile", "  here     100     7\n  another  1  1\n");
    auto made = TraceInstance::make(roots_);
    ASSERT_TRUE(made);
    ASSERT_TRUE(made->add_probe("p", "here", "pcpu_alloc", ""));
    ASSERT_TRUE(made->prepare_to_look());
    EXPECT_EQ(made->unrecorded(), 3U);
    EXPECT_EQ(made->missed(), (std::map<std::string, std::uint64_t>{{"here", 7}}));
    put("kernel/debug/tracing/per_cpu/cpu0/stats", "commit overrun: 4\n");
    EXPECT_EQ(made->unrecorded(), 4U);
}

TEST_F(Instance, WhatAKilledWatcherHasLeftIsRemoved) {
    provide();
    fs::create_directories(roots_.sys / "kernel/debug/tracing/instances/blkhang_7");
    fs::create_directories(roots_.sys / "kernel/debug/tracing/instances/blkhang_8");
    fs::create_directories(roots_.sys / "kernel/debug/tracing/instances/somebody's");
    fs::create_directories(roots_.proc / "8");
    remove_orphaned_instances(roots_);
    EXPECT_FALSE(is_there(roots_.sys / "kernel/debug/tracing/instances/blkhang_7"));
    EXPECT_TRUE(is_there(roots_.sys / "kernel/debug/tracing/instances/blkhang_8"));
    EXPECT_TRUE(is_there(roots_.sys / "kernel/debug/tracing/instances/somebody's"));
}

}  // namespace
}  // namespace blkhang
