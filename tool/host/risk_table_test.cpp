// SPDX-License-Identifier: GPL-2.0-only
#include "host/risk_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "host/testing/sample_view.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;
using State = CheckRow::State;

TEST(RiskTable, TheSummaryIsReadInTenSeconds) {
    const std::string text = risk_summary(with_rule(sample_view(), "bfq"));
    EXPECT_THAT(text, HasSubstr("This kernel (6.1.0-test) leaves 10 of the family's 11 hangs possible; of 1 nothing is "
                                "known.\n"));
    EXPECT_THAT(text, HasSubstr("Swap goes to vda.\n"));
    EXPECT_THAT(text, HasSubstr("sets off 2 of them (elv-switch, elv-bfq); "));
    EXPECT_LE(std::ranges::count(text, '\n'), 4);
}

TEST(RiskTable, WithoutSwapThereIsNothingToSetOff) {
    HostView view = sample_view();
    view.swaps.clear();
    view.disks.clear();
    const std::string text = risk_summary(view);
    EXPECT_THAT(text, HasSubstr("Nothing is swapped to here"));
    EXPECT_THAT(text, Not(HasSubstr("sets off")));
    for (const CheckRow& row : member_rows(view)) {
        EXPECT_NE(row.state, State::risk) << row.what;
    }
}

TEST(RiskTable, WhatIsSetOffHereComesFirst) {
    const HostView view = with_rule(sample_view(), "kyber");
    const auto rows = member_rows(view);
    EXPECT_EQ(rows.size(), view.family.size());
    EXPECT_EQ(rows[0].what, "elv-switch");
    EXPECT_EQ(rows[0].state, State::risk);
    EXPECT_EQ(rows[1].what, "elv-kyber");
    EXPECT_EQ(rows[1].state, State::risk);
    EXPECT_THAT(rows[1].detail, HasSubstr("possible: kyber for the swap disk; here: udev rule"));
    EXPECT_EQ(rows[2].state, State::note);
}

TEST(RiskTable, WhatIsClosedSaysWhy) {
    HostView view = sample_view();
    view.family = family_of({}, {}, {{"CONFIG_SWAP", "n"}});
    for (const CheckRow& row : member_rows(view)) {
        EXPECT_EQ(row.state, State::ok);
        EXPECT_EQ(row.detail, "closed");
        EXPECT_THAT(row.fix, HasSubstr("CONFIG_SWAP"));
    }
}

TEST(RiskTable, CircumstancesNameWhoAndWhere) {
    HostView view = with_rule(sample_view(), "bfq");
    view.limits = {{"/a", "io.max", "io.max", "254:0", "wbps=1"},
                   {"/b", "io.max", "io.max", "254:0", "wbps=1"},
                   {"/c", "io.latency", "io.latency", "8:0", "target=1"}};
    view.running.machines = {{100, "qemu-system-x86", "web", "/machine.slice", {"/dev/vda3"}, {"vda"}, true},
                             {101, "qemu-system-x86", "", "", {}, {}, false}};
    view.running.killers = {{7, "systemd-oomd"}};
    view.pressure.known = true;
    view.pressure.some.avg300 = 12.5;
    const std::string text = table_text(circumstance_rows(view), false);
    EXPECT_THAT(text, HasSubstr("/dev/vda2, 1GiB, 0 used, priority -2: partition vda2 > vda"));
    EXPECT_THAT(text, HasSubstr("vda: driver virtio_blk, scheduler none of none mq-deadline, 1 hardware queue"));
    EXPECT_THAT(text, HasSubstr("/etc/udev/rules.d/60-io.rules:3: queue/scheduler = bfq, of vda"));
    EXPECT_THAT(text, HasSubstr("io.max of vda, swapped to: in 2 cgroups: /a, /b"));
    EXPECT_THAT(text, HasSubstr("io.latency of 8:0, no swap: in 1 cgroup: /c"));
    EXPECT_THAT(text, HasSubstr("qemu-system-x86 web, 100: /dev/vda3 on vda, which is swapped to"));
    EXPECT_THAT(text, HasSubstr("qemu-system-x86, 101: where its IO goes is not ours to see"));
    EXPECT_THAT(text, HasSubstr("systemd-oomd[7]"));
    EXPECT_THAT(text, HasSubstr("some 12.50 %"));
}

}  // namespace
}  // namespace blkhang
