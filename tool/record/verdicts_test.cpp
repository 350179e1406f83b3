// SPDX-License-Identifier: GPL-2.0-only
// Streams that an adversary made, or that a real run left, each of which stands for a kind that was once judged
// wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

struct Case {
    const char* stream;
    Verdict right;
    const char* why;  ///< part of the first reason
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.stream; }

RunFacts facts_for(std::string_view stream) {
    auto facts = replay::facts("");
    facts.demands = {{{"trials", 20}, {"owner_reclaims", 20}}};
    if (stream == "s17-not-watched") {
        facts.demands = {{{"trials", 20}}};
        facts.demands.trial = "cgroups_created";
    }
    return facts;
}

/// The record of the stream's lines for which `keep` says so.
Record judged(const std::string& stream, const std::function<bool(std::string_view)>& keep) {
    RecordBuilder builder{facts_for(stream)};
    const std::string text = read_file(replay::path("verdicts/" + stream)).value();
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (keep(line)) {
            builder.observe(decode(line).value());
        }
    }
    return builder.finish({Ended::orderly, "", "tcg"});
}

bool every_line(std::string_view /*line*/) { return true; }

class Verdicts : public testing::TestWithParam<Case> {};

TEST_P(Verdicts, AreRight) {
    const auto record = judged(GetParam().stream, every_line);
    EXPECT_EQ(record.verdict.value, GetParam().right) << testing::PrintToString(record.verdict.reasons);
    EXPECT_THAT(record.verdict.reasons, testing::Contains(testing::HasSubstr(GetParam().why)));
    EXPECT_EQ(record.deadlock.has_value(), GetParam().right == Verdict::hang);
}

INSTANTIATE_TEST_SUITE_P(
    Streams, Verdicts,
    testing::Values(Case{"s1-self-killed", Verdict::hazard, "ended by itself after 5 us"},
                    Case{"s5b-raw-memory", Verdict::hang, "livelock of"},
                    Case{"s7-mixed-disks", Verdict::clean, "100 trials"},
                    Case{"s9-loss-then-hang", Verdict::hang, "has queue vdb frozen and waits for pcpu_alloc_mutex"},
                    Case{"s11-self-spins", Verdict::hang, "which it owns itself"},
                    Case{"s12-stale-but-D", Verdict::inconclusive, "events lost: 2"},
                    Case{"s14-no-disk", Verdict::inconclusive, "has no disk"},
                    Case{"s17-not-watched", Verdict::inconclusive, "nothing was watched"},
                    Case{"s18-510-uses", Verdict::hazard, "ended by itself after 36.0 ms"},
                    Case{"qs-elv-lost1", Verdict::hang, "has queue vdb frozen and waits for pcpu_alloc_mutex"}));

TEST(VerdictsWithout, TheLooksThatBearThemOut) {
    const auto no_looks = [](std::string_view line) { return line.find("\"task\"") == std::string_view::npos; };
    for (const char* stream : {"s9-loss-then-hang", "s11-self-spins"}) {
        EXPECT_EQ(judged(stream, no_looks).verdict.value, Verdict::inconclusive) << stream;
    }
}

TEST(VerdictsWithout, TheUseThatWasNone) {
    const auto no_uses = [](std::string_view line) { return line.find("\"owns\"") == std::string_view::npos; };
    EXPECT_EQ(judged("s18-510-uses", no_uses).verdict.value, Verdict::clean);
}

}  // namespace
}  // namespace blkhang
