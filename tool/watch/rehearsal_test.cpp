// SPDX-License-Identifier: GPL-2.0-only
#include "watch/rehearsal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "judge/testing/builders.h"
#include "run/testing/fake_watcher.h"

namespace blkhang {
namespace {

class KeptFindings final : public VigilOutlet {
public:
    std::vector<Finding> findings;
    std::vector<std::string> notices;
    std::size_t observations = 0;
    void status(const WatchStatus& /*status*/) override {}
    void begin(std::uint64_t /*number*/, Finding::Kind /*kind*/) override {}
    void observation(const Observation& /*observation*/) override { ++observations; }
    void end(const Finding& finding) override { findings.push_back(finding); }
    void notice(const std::string& text) override { notices.push_back(text); }
};

class CountedResort final : public LastResort {
public:
    int begun = 0, rehearsed = 0;
    [[nodiscard]] std::string what() const override { return "this host is reset"; }
    Status begin() override {
        ++begun;
        return {};
    }
    void rehearse() override { ++rehearsed; }
    void cancel() override {}
};

/// What is left out here may not be in memory when a machine hangs.
TEST(Rehearse, FindsAndHealsAHangGivesTheHostUpAndFindsEachOtherKind) {
    FakeWatcher watcher;
    std::atomic<int> asked = 0;
    BlockedTaskFinder finder([&](const Look& look, const auto& sink) {
        asked += look.first == std::vector{::getpid()} ? 1 : 0;
        find_blocked_tasks_or_rehearse(look, sink);
    });
    seen::Hello hello{};
    hello.release = "6.1.0-43-amd64";
    KeptFindings kept;
    CountedResort resort;
    rehearse(watcher, finder, History(hello, build::watched()), kept, &resort);
    const auto healed = testing::AllOf(testing::Field(&Finding::kind, Finding::Kind::hang),
                                       testing::Field(&Finding::healed, std::optional(true)));
    const auto livelock = testing::AllOf(testing::Field(&Finding::kind, Finding::Kind::hang),
                                         testing::Field(&Finding::summary, testing::HasSubstr("livelock")));
    const auto of_kind = [](Finding::Kind kind) { return testing::Field(&Finding::kind, kind); };
    EXPECT_THAT(kept.findings, testing::Contains(healed));
    EXPECT_THAT(kept.findings, testing::Contains(livelock));
    EXPECT_THAT(kept.findings, testing::Contains(of_kind(Finding::Kind::hazard)));
    EXPECT_THAT(kept.findings, testing::Contains(of_kind(Finding::Kind::long_wait)));
    EXPECT_EQ(resort.rehearsed, 1);
    EXPECT_EQ(resort.begun, 0);
    EXPECT_THAT(kept.notices, testing::Contains(testing::HasSubstr("given up after")));
    EXPECT_THAT(kept.notices, testing::Contains(testing::HasSubstr("this host is kept: the watch was told to end")));
    EXPECT_GT(kept.observations, 10U);
    EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace blkhang
