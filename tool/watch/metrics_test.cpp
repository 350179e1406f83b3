// SPDX-License-Identifier: GPL-2.0-only
#include "watch/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

namespace blkhang {
namespace {

using testing::HasSubstr;

/// The grammar of the text format, line by line: each sample belongs to the family that was announced last, each family
/// is announced once with help and type, and a counter's name ends in _total.
TEST(Metrics, AreInTheFormatOfTheTextfileCollector) {
    WatchStatus status;
    status.tier = "fe\"n\\try\n";
    status.uptime_s = 12.5;
    status.findings = {{"hang", 1}, {"hazard", 0}};
    status.longest_wait = "not in here";
    const auto text = metrics_text(status);
    ASSERT_EQ(text.back(), '\n');
    const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*)");
    const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge))");
    const std::regex sample(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*"\})? -?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?)re");
    std::istringstream lines(text);
    std::set<std::string> families;
    std::string current;
    int samples = 0;
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (std::regex_match(line, found, help)) {
            current = found[1];
            EXPECT_TRUE(families.insert(current).second) << line;
        } else if (std::regex_match(line, found, type)) {
            EXPECT_EQ(found[1], current);
            EXPECT_EQ(found[2] == "counter", current.ends_with("_total")) << line;
        } else {
            ASSERT_TRUE(std::regex_match(line, found, sample)) << line;
            EXPECT_EQ(found[1], current);
            ++samples;
        }
    }
    EXPECT_GE(samples, 8);
    EXPECT_THAT(text, HasSubstr("blkhang_watch_findings_total{kind=\"hang\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("blkhang_watch_uptime_seconds 12.5\n"));
}

}  // namespace
}  // namespace blkhang
