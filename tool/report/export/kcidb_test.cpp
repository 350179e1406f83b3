// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/kcidb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

json kcidb_of(const TestResults& results, const std::string& origin = "mylab") {
    return json::parse(render_kcidb(results, origin));
}
json kcidb_of(const Matrix& matrix) {
    return kcidb_of(test_results(matrix, std::vector<Evidence>(matrix.cells.size())));
}
json test_of(CellResult cell) {
    Matrix matrix;
    return kcidb_of(build::add(matrix, std::move(cell)))["tests"][0];
}

TEST(KcidbOrigin, IsAName) {
    EXPECT_TRUE(is_kcidb_origin("my_lab2"));
    for (const char* wrong : {"", "MyLab", "my-lab", "my:lab", "lab\n"}) {
        EXPECT_FALSE(is_kcidb_origin(wrong)) << wrong;
    }
}

TEST(Kcidb, ARunIsATestOfABuildOfACheckout) {
    const json report = kcidb_of(test_results(replay::record("self-deadlock"), ""));
    EXPECT_EQ(report["version"], (json{{"major", 5}, {"minor", 3}}));
    const json& checkout = report["checkouts"][0];
    const json& build = report["builds"][0];
    const json& test = report["tests"][0];
    EXPECT_EQ(checkout["comment"], "deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)");
    EXPECT_EQ(build["checkout_id"], checkout["id"]);
    EXPECT_EQ(build["architecture"], "x86_64");
    EXPECT_EQ(test["build_id"], build["id"]);
    EXPECT_EQ(test["origin"], "mylab");
    EXPECT_THAT(test["id"].get<std::string>(), StartsWith("mylab:"));
    EXPECT_EQ(test["path"], "blkhang.kvm_2011");
    EXPECT_EQ(test["status"], "FAIL");
    EXPECT_EQ(test["misc"]["deadlock"]["kind"], "self");
    EXPECT_THAT(test["log_excerpt"].get<std::string>(), HasSubstr("<- took pcpu_alloc_mutex here"));
}

TEST(Kcidb, ACheckoutSaysWhichCommitOfWhichTree) {
    const auto checkout = [](const std::string& release, std::string_view commit = {}) {
        Record record = replay::record("self-deadlock");
        record.kernel.release = release;
        record.kernel.version = "#1 SMP";
        record.run.kernel = "tree:linux";
        record.run.started = "2026-11-22T20:00:00Z";
        return json::parse(render_kcidb(test_results(record, ""), "lab", commit))["checkouts"][0];
    };
    EXPECT_EQ(checkout("6.18.3")["git_commit_name"], "v6.18.3");
    EXPECT_EQ(checkout("6.18.3")["tree_name"], "stable");
    EXPECT_EQ(checkout("6.18.3")["start_time"], "2026-11-22T20:00:00Z");
    EXPECT_FALSE(checkout("6.18.3").contains("git_commit_hash")) << "a tag is not asked for its commit here";
    EXPECT_EQ(checkout("6.18.3-00012-g123456789abc")["git_commit_name"], "v6.18.3-12-g123456789abc");
    const std::string whole = "0123456789abcdef0123456789abcdef01234567";
    EXPECT_EQ(checkout("6.18.3-alice", whole)["git_commit_hash"], whole);
    EXPECT_EQ(checkout("6.18.3-alice", "0123456789ab")["git_commit_name"], "0123456789ab");
    EXPECT_FALSE(checkout("6.18.3-alice").contains("git_commit_name"));
    const json debian = kcidb_of(test_results(replay::record("self-deadlock"), ""))["checkouts"][0];
    EXPECT_EQ(debian["tree_name"], "debian");
    EXPECT_FALSE(debian.contains("git_commit_name")) << "it is not the release that it was made from";
}

TEST(Kcidb, VerdictsBecomeStatus) {
    EXPECT_EQ(test_of(build::cell(kStock, Verdict::clean))["status"], "PASS");
    EXPECT_EQ(test_of(build::cell(kStock, Verdict::hazard))["status"], "FAIL");
    EXPECT_EQ(test_of(build::cell(kStock, Verdict::inconclusive))["status"], "SKIP");
    CellResult broken = build::cell(kStock, Verdict::error);
    EXPECT_EQ(test_of(broken)["status"], "ERROR");
    broken.load_s = 0;
    EXPECT_EQ(test_of(broken)["status"], "MISS");
}

TEST(Kcidb, TimesAreThereIfKnown) {
    const json test = test_of(build::cell(kStock, Verdict::clean));
    EXPECT_EQ(test["start_time"], "2026-11-22T20:00:00Z");
    EXPECT_EQ(test["duration"], 52.5);
    CellResult untimed = build::cell(kStock, Verdict::error);
    untimed.started = "";
    EXPECT_FALSE(test_of(untimed).contains("start_time"));
}

TEST(Kcidb, WhatIsPlantedIsAnotherBuild) {
    Matrix matrix = build::runs(kStock, 0, 2);
    build::add(matrix, build::cell(kPlanted, Verdict::hang)).cells.back().calibration = true;
    const json report = kcidb_of(matrix);
    EXPECT_EQ(report["checkouts"].size(), 1U);
    ASSERT_EQ(report["builds"].size(), 2U);
    EXPECT_THAT(report["builds"][1]["comment"].get<std::string>(), HasSubstr("with sync-alloc planted on purpose"));
    EXPECT_EQ(report["tests"][0]["build_id"], report["tests"][1]["build_id"]);
    EXPECT_EQ(report["tests"][2]["build_id"], report["builds"][1]["id"]);
    EXPECT_EQ(report["tests"][2]["path"], "blkhang.calibration.kvm_2011");
    EXPECT_EQ(report["tests"][2]["status"], "PASS");
}

TEST(Kcidb, IdsTellRunsApartAndStayTheSame) {
    Matrix matrix = build::runs(kStock, 0, 2);  // alike but for their place: they left no record
    const json report = kcidb_of(matrix);
    EXPECT_NE(report["tests"][0]["id"], report["tests"][1]["id"]);
    EXPECT_EQ(report, kcidb_of(matrix));
    matrix.started = "2026-11-29T20:00:00Z";  // the same a week later
    EXPECT_NE(report["tests"][0]["id"], kcidb_of(matrix)["tests"][0]["id"]);

    // Alone or in a matrix, a run is the same test.
    const Record record = replay::record("thrash");
    Matrix around = matrix_of(record);
    around.cells[0].id = "deb-6.1_kvm-2011_stock_1";
    const json alone = kcidb_of(test_results(record, ""));
    EXPECT_EQ(kcidb_of(test_results(around, {Evidence{record, "", ""}}))["tests"][0]["id"], alone["tests"][0]["id"]);
    EXPECT_NE(kcidb_of(test_results(record, ""), "other")["tests"][0]["id"], alone["tests"][0]["id"]);
}

TEST(Kcidb, TheExcerptFitsAndEndsInTheLog) {
    std::string log;
    for (int line = 0; line < 1000; ++line) {
        log += "[ 1.0] \xC3\xA9\xE2\x82\xAC\xff\n";
    }
    Record record = replay::record("thrash");
    for (int reason = 0; reason < 1000; ++reason) {
        record.verdict.reasons.emplace_back("a reason with \u20AC");
    }
    const std::string excerpt = kcidb_of(test_results(record, log + "last\n"))["tests"][0]["log_excerpt"];
    EXPECT_LE(excerpt.size(), 16384U);
    EXPECT_GT(excerpt.size(), 16000U);
    EXPECT_THAT(excerpt, EndsWith("last\n"));
}

TEST(Kcidb, NothingInItIsNull) {
    Matrix matrix = build::runs(kStock, 1, 1);
    matrix.cells[0].label = matrix.cells[0].release = matrix.cells[0].started = "";
    std::size_t nulls = 0;
    for (const TestResults& results : {test_results(matrix, std::vector<Evidence>(2)), test_results(Record(), ""),
                                       test_results(replay::record("self-deadlock"), "")}) {
        const json flat = kcidb_of(results).flatten();
        for (const auto& [path, value] : flat.items()) {
            const bool empty_list =
                path.ends_with("/coverage") || path.ends_with("/load");  // flatten() makes them null
            nulls += value.is_null() && !empty_list ? 1 : 0;
        }
    }
    EXPECT_EQ(nulls, 0U);
}

}  // namespace
}  // namespace blkhang
