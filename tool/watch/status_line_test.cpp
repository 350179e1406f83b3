// SPDX-License-Identifier: GPL-2.0-only
#include "watch/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatusLine, TellsTierTimeAndWaitsInItsColumns) {
    WatchStatus status;
    status.tier = "fentry";
    status.uptime_s = 185;
    status.edges = 12;
    status.longest_wait_s = 0.34;
    status.findings = {{"hang", 0}, {"hazard", 0}};
    EXPECT_EQ(status_line(status, 200), "fentry  3m 5s  12 nestings  longest wait 0.3 s  nothing seen");
    status.findings["hazard"] = 1;
    status.last_finding = "a\x1b[31m cycle" + std::string(300, 'x');
    const auto line = status_line(status, 100);
    EXPECT_EQ(line.size(), 100U);
    EXPECT_THAT(line, HasSubstr("1 hazard: a"));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

/// Watch never calls a kernel clean.
TEST(StatusLine, NothingSeenIsNotClean) {
    WatchStatus status;
    status.tier = "tracepoint";
    status.uptime_s = 3 * 86400 + 7200;
    EXPECT_THAT(closing_line(status), HasSubstr("nothing seen in 3d 2h"));
    EXPECT_THAT(closing_line(status), Not(HasSubstr("clean")));
    status.findings = {{"hang", 2}, {"long_wait", 1}};
    status.lost_events = 3;
    EXPECT_EQ(count_findings(status), 3U);
    EXPECT_THAT(closing_line(status), HasSubstr("2 hangs, 1 long wait"));
    EXPECT_THAT(closing_line(status), HasSubstr("events lost: 3"));
}

}  // namespace
}  // namespace blkhang
