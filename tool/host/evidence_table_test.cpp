// SPDX-License-Identifier: GPL-2.0-only
#include "host/evidence_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "host/testing/sample_view.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using State = CheckRow::State;

CheckRow row_of(const HostView& view, const std::string& what) {
    const auto rows = evidence_rows(view);
    const auto found = std::ranges::find(rows, what, &CheckRow::what);
    EXPECT_NE(found, rows.end()) << what;
    return found == rows.end() ? CheckRow{} : *found;
}

TEST(EvidenceTable, AHostThatKeepsNothingSaysSo) {
    const HostView view = sample_view();
    EXPECT_THAT(evidence_summary(view), HasSubstr("would leave nothing"));
    for (const char* what : {"serial console", "netconsole", "pstore", "kdump", "watchdog", "persistent memory"}) {
        EXPECT_EQ(row_of(view, what).state, State::note) << what;
        EXPECT_NE(row_of(view, what).fix, "") << what << " comes with advice";
    }
}

TEST(EvidenceTable, WhatGetsOut) {
    HostView view = sample_view();
    view.log_ways.consoles = {{"tty0", true}, {"ttyS1", true}, {"ttyS2", false}, {"netcon_ext0", true}};
    EXPECT_THAT(evidence_summary(view), HasSubstr("get out by ttyS1, netconsole"));
    EXPECT_EQ(row_of(view, "serial console").detail, "ttyS1");
    EXPECT_EQ(row_of(view, "netconsole").state, State::ok);
}

TEST(EvidenceTable, PstoreKeepsPanicsOnly) {
    HostView view = sample_view();
    view.keepers.pstore = "erst";
    view.keepers.pstore_records = 2;
    CheckRow row = row_of(view, "pstore");
    EXPECT_EQ(row.state, State::note);
    EXPECT_EQ(row.detail,
              "erst: survives resets and power cuts; keeps only panics and oopses; 2 records of earlier ones");
    EXPECT_THAT(evidence_summary(view), HasSubstr("erst, if it panics"));
    view.keepers.hung_task_panic = 1;
    EXPECT_THAT(row_of(view, "pstore").fix, HasSubstr("blind to tasks that could be killed"));
    view.keepers.pstore = "ramoops";
    view.keepers.pstore_keeps_log = true;
    row = row_of(view, "pstore");
    EXPECT_EQ(row.state, State::ok);
    EXPECT_THAT(row.detail, HasSubstr("survives a reset, not a power cut; keeps the console's log too"));
}

TEST(EvidenceTable, LevelsAndLimits) {
    HostView view = sample_view();
    view.log_ways.console_level = 7;
    EXPECT_EQ(row_of(view, "console level").state, State::ok);
    view.log_ways.console_level = 4;
    EXPECT_THAT(row_of(view, "console level").detail, HasSubstr("its stack does not"));
    view.log_ways.console_level = 3;
    EXPECT_THAT(row_of(view, "console level").detail, HasSubstr("nothing about hangs"));
    view.log_ways.devkmsg = "ratelimit";
    EXPECT_THAT(row_of(view, "/dev/kmsg").detail, HasSubstr("10 lines in 5 s"));
    view.log_ways.devkmsg = "on";
    EXPECT_EQ(row_of(view, "/dev/kmsg").state, State::ok);
    view.log_ways.sysrq = 438;
    EXPECT_THAT(row_of(view, "sysrq").detail, HasSubstr("cannot"));
    view.log_ways.sysrq = 1;
    EXPECT_EQ(row_of(view, "sysrq").state, State::ok);
}

TEST(EvidenceTable, WatchdogsThatAreTakenOrOfTheKernelItself) {
    HostView view = sample_view();
    view.watchdogs = {{"watchdog0", "iTCO_wdt", 30, "", true, false},
                      {"watchdog1", "Software Watchdog", 60, "panic", false, true},
                      {"watchdog2", "i6300ESB timer", 30, "", false, false}};
    const std::string text = table_text(evidence_rows(view), false);
    EXPECT_THAT(text, HasSubstr("watchdog0: iTCO_wdt, 30 s, taken: somebody feeds it"));
    EXPECT_THAT(text, HasSubstr("watchdog1: Software Watchdog, 60 s, before that panic, free, nowayout"));
    EXPECT_THAT(text, HasSubstr("the very kernel that would hang"));
    EXPECT_THAT(text, HasSubstr("watch --watchdog /dev/watchdog2"));
}

TEST(EvidenceTable, WhoOwnsTheCgroups) {
    HostView view = sample_view();
    view.cgroups = {CgroupOrder::Layout::v2, "systemd", {"io", "memory"}, {"memory"}, {}, {"/user.slice/a"}};
    const std::string text = table_text(cgroup_rows(view), false);
    EXPECT_THAT(text, HasSubstr("v2: io memory on v2, of which groups get memory"));
    EXPECT_THAT(text, HasSubstr("Delegate=yes"));
    EXPECT_THAT(text, HasSubstr("/user.slice/a"));
    view.cgroups = {CgroupOrder::Layout::hybrid, "init", {}, {}, {"blkio"}, {}};
    EXPECT_THAT(table_text(cgroup_rows(view), false), HasSubstr("hybrid: blkio on v1"));
    view.cgroups = {};
    EXPECT_EQ(cgroup_rows(view).size(), 1U);
}

}  // namespace
}  // namespace blkhang
