// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/testing/hostile.h"
#include "report/testing/sample.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Signature, IsOfLocksAndOfWhoseDoingItIs) {
    EXPECT_EQ(signature_of(sample("hang-two-tasks")).text,
              "elv_iosched_store (elv-switch): pcpu_alloc_mutex > queue > pcpu_alloc_mutex");
    EXPECT_EQ(signature_of(sample("hang-three-tasks")).text,
              "elv_iosched_store (elv-bfq), tg_set_limit: blkcg_mutex > pcpu_alloc_mutex > queue > blkcg_mutex");
    EXPECT_EQ(signature_of(sample("hazard-livelock")).text, "elv_iosched_store (elv-bfq): memory > queue > memory");
    EXPECT_TRUE(signature_of(sample("hazard-livelock")).is_over_memory);
    EXPECT_FALSE(signature_of(sample("hang-three-tasks")).is_over_memory);
    EXPECT_EQ(signature_of(sample("clean")).text, "");
}

TEST(Signature, KnowsNoAddressesDisksPidsOrOrder) {
    const Record record = sample("hang-two-tasks");
    Record other = record;
    auto& tasks = other.deadlock->tasks;
    std::rotate(tasks.begin(), tasks.begin() + 1, tasks.end());
    for (auto& task : other.deadlock->tasks) {
        task.pid += 1000;
        task.comm = "other";
        for (auto& frame : task.stack) {
            frame = frame.substr(0, frame.find('+')) + "+0x1/0x2";
            frame = frame.starts_with("pcpu_alloc+") ? "pcpu_alloc_noprof+0x1/0x2" : frame;
            frame = frame.starts_with("array_map_alloc") ? "mm_init+0x1/0x2" : frame;
        }
        task.waits_for.disk = task.waits_for.disk.empty() ? "" : "sda";
        for (auto& held : task.holds) {
            held.disk = held.disk.empty() ? "" : "sda";
        }
    }
    EXPECT_EQ(signature_of(other).text, signature_of(record).text);
    EXPECT_EQ(signature_of(other).id(), signature_of(record).id());
    EXPECT_EQ(signature_of(record).id().size(), 8U);
    EXPECT_NE(signature_of(sample("hang-three-tasks")).id(), signature_of(record).id());
}

TEST(Signature, OfADangerIsTheCycleOfLocks) {
    Record record;
    record.verdict = {Verdict::hazard,
                      {"lock cycle pcpu_alloc_mutex -> queue of vdb -> pcpu_alloc_mutex: why (3 times)"}};
    EXPECT_EQ(signature_of(record).text, "nesting: pcpu_alloc_mutex > queue > pcpu_alloc_mutex");
    EXPECT_EQ(signature_of(hostile::record(record)).text.find('\n'), std::string::npos);
}

/// A matrix of one kernel whose runs that hung left this record.
TestResults results(const std::string& kernel, std::uint32_t failed, std::uint32_t passed, const Record& record) {
    const Matrix matrix = build::runs({kernel, "elv-switch", ""}, failed, passed);
    std::vector<Evidence> evidence(matrix.cells.size());
    for (std::size_t i = 0; i < failed; ++i) {
        evidence[i].record = record;
    }
    return test_results(matrix, std::move(evidence));
}

TEST(Findings, AreCountedOnceOverAllKernels) {
    Findings findings;
    findings.add(results("deb:6.1", 3, 7, sample("hang-two-tasks")), "one");
    findings.add(results("deb:6.12", 1, 0, sample("hang-two-tasks")), "two");
    findings.add(results("deb:7.2", 1, 0, sample("hang-three-tasks")), "three");
    const auto all = findings.all();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(findings.runs(), 12U);
    ASSERT_EQ(all[0].seen.size(), 2U) << "what was seen most comes first";
    EXPECT_EQ(all[0].seen[0].rate.failed, 3U);
    EXPECT_EQ(all[0].seen[0].rate.conclusive(), 10U);
    EXPECT_EQ(all[0].seen[0].first, "2026-11-22T20:00:00Z");
    EXPECT_EQ(all[0].record, "one/cells/cell-0");
    const std::string text = render_findings(findings, {.columns = 120});
    EXPECT_THAT(text, AllOf(HasSubstr("2 findings in 12 runs\n"), HasSubstr("3 of 10 (6.7% to 65%)"),
                            HasSubstr("closed by: f5a6604f7a44 (6.17)"),
                            HasSubstr("elv_iosched_store() has queue vdb frozen")));
    const auto json = nlohmann::json::parse(encode(findings));
    EXPECT_EQ(json["findings"][0]["id"], all[0].signature.id());
    EXPECT_EQ(json["findings"][1]["member"], "elv-bfq");
}

TEST(Findings, CopiesOfARunCountOnce) {
    Findings findings;
    for (const char* directory : {"one", "copy of one"}) {
        findings.add(results("deb:6.1", 3, 7, sample("hang-two-tasks")), directory);
    }
    EXPECT_EQ(findings.runs(), 10U);
    EXPECT_EQ(findings.all().at(0).seen.at(0).rate.failed, 3U);
}

TEST(Findings, NothingPlantedIsOneAndNothingIsMadeUp) {
    Findings findings;
    findings.add(test_results(replay::record("self-deadlock", "sync-alloc"), ""), "planted");
    findings.add(test_results(build::runs(build::kStock, 2, 0), std::vector<Evidence>(2)), "nothing left");
    findings.add(test_results(replay::record("thrash"), ""), "clean");
    EXPECT_TRUE(findings.all().empty());
    EXPECT_EQ(findings.unexplained(), 2U);
    EXPECT_THAT(render_findings(findings, {}), HasSubstr("2 runs failed and left no record that tells how"));
}

TEST(Findings, TextOfStrangersIsNotObeyed) {
    Findings findings;
    Record record = hostile::record(replay::record("kswapd-cycle"));
    record.plant.clear();
    findings.add(test_results(record, hostile::kText), hostile::kText);
    ASSERT_EQ(findings.all().size(), 1U);
    const std::string text = render_findings(findings, {});
    for (const char* obeyed : {"\x1b", "\u202e", "\u009b", "\nok 99"}) {
        EXPECT_THAT(text, Not(HasSubstr(obeyed)));
        EXPECT_THAT(encode(findings), Not(HasSubstr(obeyed)));
    }
}

}  // namespace
}  // namespace blkhang
