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
using testing::StartsWith;

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
    void put_process(int pid, const std::string& comm) {
        const auto directory = roots_.proc / std::to_string(pid);
        fs::create_directories(directory);
        ASSERT_TRUE(write_file(directory / "comm", comm + "\n"));
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

TEST_F(Instance, TheOnlyTracersBufferAndClockAreThoseOfBefore) {
    provide();
    put("kernel/debug/tracing/buffer_size_kb", "7 (expanded: 1408)\n");
    put("kernel/debug/tracing/trace_clock", "[local] global counter\n");
    {
        auto made = TraceInstance::make(roots_);
        ASSERT_TRUE(made);
        ASSERT_TRUE(made->resize(2048));
        made->use_monotonic_clock();
        EXPECT_THAT(content("kernel/debug/tracing/buffer_size_kb"), StartsWith("2048"));
        EXPECT_THAT(content("kernel/debug/tracing/trace_clock"), StartsWith("mono"));
    }
    EXPECT_EQ(content("kernel/debug/tracing/buffer_size_kb").front(), '7');
    EXPECT_THAT(content("kernel/debug/tracing/trace_clock"), StartsWith("local"));
}

TEST_F(Instance, TheOnlyTracerNotesNoNamesForAsLongAsItIsOurs) {
    provide();
    put("kernel/debug/tracing/trace_options", "print-parent\nrecord-cmd\noverwrite\n");
    {
        auto made = TraceInstance::make(roots_);
        ASSERT_TRUE(made);
        EXPECT_THAT(content("kernel/debug/tracing/trace_options"), StartsWith("norecord-cmd"));
    }
    EXPECT_THAT(content("kernel/debug/tracing/trace_options"), StartsWith("record-cmd"));
}

TEST_F(Instance, WhoNotedNoNamesBeforeDoesNotAfter) {
    provide();
    put("kernel/debug/tracing/trace_options", "print-parent\nnorecord-cmd\noverwrite\n");
    { ASSERT_TRUE(TraceInstance::make(roots_)); }
    EXPECT_EQ(content("kernel/debug/tracing/trace_options"), "print-parent\nnorecord-cmd\noverwrite\n");
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

/// The kernel lists probes without their groups.
TEST_F(Instance, WhatAProbeOfAnotherWatcherMissedHidesNothing) {
    provide();
    put("kernel/debug/tracing/kprobe_profile", "  here     100     7\n  here  1  2\n");
    auto made = TraceInstance::make(roots_);
    ASSERT_TRUE(made);
    ASSERT_TRUE(made->add_probe("p", "here", "pcpu_alloc", ""));
    ASSERT_TRUE(made->prepare_to_look());
    EXPECT_EQ(made->missed(), (std::map<std::string, std::uint64_t>{{"here", 9}}));
}

TEST_F(Instance, WhatAKilledWatcherHasLeftIsRemoved) {
    provide();
    const auto instances = roots_.sys / "kernel/debug/tracing/instances";
    for (const auto* name : {"blkhang_7", "blkhang_8", "blkhang_9", "blkhang_mine", "somebody's"}) {
        fs::create_directories(instances / name);
    }
    put_process(8, "blkhang-watch");
    put_process(9, "bash");  // the number was given out again
    remove_orphaned_instances(roots_);
    EXPECT_FALSE(is_there(instances / "blkhang_7"));
    EXPECT_TRUE(is_there(instances / "blkhang_8"));
    EXPECT_FALSE(is_there(instances / "blkhang_9"));
    EXPECT_TRUE(is_there(instances / "blkhang_mine"));
    EXPECT_TRUE(is_there(instances / "somebody's"));
}

/// Before there were instances: a probe that is switched on cannot be removed, and the tracer would count as in use.
TEST_F(Instance, TheOnlyTracerOfAKilledWatcherIsFreeAgain) {
    provide();
    put("kernel/debug/tracing/kprobe_events", "p:blkhang_7/here pcpu_alloc\np:others/there open\n");
    put("kernel/debug/tracing/tracing_on", "0");
    for (const auto* event : {"blkhang_7/here", "others/there", "sched/sched_process_free", "task/task_rename"}) {
        put(fmt::format("kernel/debug/tracing/events/{}/enable", event), "1\n");
    }
    remove_orphaned_instances(roots_);
    for (const auto* event : {"blkhang_7/here", "sched/sched_process_free", "task/task_rename"}) {
        EXPECT_THAT(content(fmt::format("kernel/debug/tracing/events/{}/enable", event)), StartsWith("0")) << event;
    }
    EXPECT_THAT(content("kernel/debug/tracing/kprobe_events"), StartsWith("-:blkhang_7/here"));
    EXPECT_EQ(content("kernel/debug/tracing/events/others/there/enable"), "1\n");
    EXPECT_EQ(content("kernel/debug/tracing/tracing_on"), "1");
}

/// Others use the tracer, too: what is no watcher's stays as it is.
TEST_F(Instance, WhereNoWatcherWasKilledNothingIsTouched) {
    provide();
    put("kernel/debug/tracing/kprobe_events", "p:blkhang_8/here pcpu_alloc\n");
    put("kernel/debug/tracing/tracing_on", "0");
    put("kernel/debug/tracing/events/blkhang_8/here/enable", "1\n");
    put("kernel/debug/tracing/events/sched/sched_process_free/enable", "1\n");
    put_process(8, "blkhang");
    remove_orphaned_instances(roots_);
    EXPECT_EQ(content("kernel/debug/tracing/kprobe_events"), "p:blkhang_8/here pcpu_alloc\n");
    EXPECT_EQ(content("kernel/debug/tracing/events/blkhang_8/here/enable"), "1\n");
    EXPECT_EQ(content("kernel/debug/tracing/events/sched/sched_process_free/enable"), "1\n");
    EXPECT_EQ(content("kernel/debug/tracing/tracing_on"), "0");
}

}  // namespace
}  // namespace blkhang
