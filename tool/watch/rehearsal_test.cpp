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
    std::size_t observations = 0;
    void status(const WatchStatus& /*status*/) override {}
    void begin(std::uint64_t /*number*/, Finding::Kind /*kind*/) override {}
    void observation(const Observation& /*observation*/) override { ++observations; }
    void end(const Finding& finding) override { findings.push_back(finding); }
    void notice(const std::string& /*text*/) override {}
};

/// What is left out here may not be in memory when a machine hangs.
TEST(Rehearse, FindsAndHealsAHangAndFindsEachOtherKind) {
    FakeWatcher watcher;
    std::atomic<int> asked = 0;
    BlockedTaskFinder finder([&](const Look& look, const auto& sink) {
        asked += look.first == std::vector{::getpid()} ? 1 : 0;
        find_blocked_tasks_or_rehearse(look, sink);
    });
    seen::Hello hello{};
    hello.release = "6.1.0-43-amd64";
    KeptFindings kept;
    rehearse(watcher, finder, History(hello, build::watched()), kept);
    const auto healed = testing::AllOf(testing::Field(&Finding::kind, Finding::Kind::hang),
                                       testing::Field(&Finding::healed, std::optional(true)));
    const auto livelock = testing::AllOf(testing::Field(&Finding::kind, Finding::Kind::hang),
                                         testing::Field(&Finding::summary, testing::HasSubstr("livelock")));
    const auto of_kind = [](Finding::Kind kind) { return testing::Field(&Finding::kind, kind); };
    EXPECT_THAT(kept.findings, testing::Contains(healed));
    EXPECT_THAT(kept.findings, testing::Contains(livelock));
    EXPECT_THAT(kept.findings, testing::Contains(of_kind(Finding::Kind::hazard)));
    EXPECT_THAT(kept.findings, testing::Contains(of_kind(Finding::Kind::long_wait)));
    EXPECT_GT(kept.observations, 10U);
    EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace blkhang
