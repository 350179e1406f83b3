// SPDX-License-Identifier: GPL-2.0-only
#include "record/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"
#include "record/archive.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

/// Has every kind of cell and group.
Matrix sample() {
    Matrix matrix = build::runs(kStock, 1, 2);
    matrix.calibrate = true;
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", ""}, Verdict::unsupported));
    CellResult companion = build::cell(kPlanted, Verdict::error);
    companion.calibration = true;
    companion.label = companion.release = companion.accelerator = companion.started = "";
    companion.load.clear();
    return build::add(matrix, companion);
}

std::string error_of(std::string_view text) { return decode_matrix(text).error().message(); }

TEST(MatrixJson, RoundTrips) {
    for (const Matrix& matrix : {sample(), Matrix{}, matrix_of(replay::record("self-deadlock"))}) {
        const std::string text = encode(matrix);
        const auto back = decode_matrix(text);
        ASSERT_TRUE(back) << back.error().message();
        EXPECT_EQ(encode(*back), text);
    }
}

TEST(MatrixJson, SettingsAreKeptOnceForAllCells) {
    Record record = replay::record("thrash");
    record.profile.settings = Settings{{"duration", "40s"}, {"guest.cpus", "2"}};
    record.profile.digest = digest_of(*record.profile.settings);
    const auto back = decode_matrix(encode(matrix_of(record))).value();
    ASSERT_EQ(back.profiles.size(), 1U);
    EXPECT_EQ(back.profiles.at(back.cells.at(0).profile_digest.value()), *record.profile.settings);
    EXPECT_EQ(back.cells.at(0).tier, record.tier.used);
    EXPECT_EQ(back.cells.at(0).tool->commit, record.tool.commit);
}

TEST(MatrixJson, ThoseOfBeforeExperimentsWereComparedCanBeRead) {
    auto json = Json::parse(encode(sample()));
    for (auto& cell : json["cells"]) {
        for (const char* key : {"tier", "profile_digest", "tool"}) {
            cell.erase(key);
        }
    }
    const auto back = decode_matrix(json.dump());
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_FALSE(back->cells.at(0).profile_digest);
    EXPECT_TRUE(back->profiles.empty());
}

TEST(MatrixJson, SaysWhatTheCellsComeTo) {
    const auto json = Json::parse(encode(build::runs(kStock, 1, 2)));
    EXPECT_EQ(json["schema"], "blkhang-matrix/1");
    EXPECT_EQ(json["verdict"], "hang");
    ASSERT_EQ(json["groups"].size(), 1U);
    EXPECT_EQ(json["groups"][0]["verdicts"], Json::parse(R"({"clean":2,"hang":1})"));
    EXPECT_EQ(json["groups"][0]["rate"]["passed"], 2);
}

TEST(MatrixJson, AgreesWithItsSchemaByAnIndependentValidator) {
    const auto found = run_command({"python3", "-c", "import jsonschema"}, Deadline::after(kPatience));
    if (!found || found->exit_code != 0) {
        GTEST_SKIP() << "python3-jsonschema is not installed";
    }
    auto directory = TempDir::make("blkhang-schema").value();
    const auto validate = [&](const std::string& text) {
        const auto path = directory.path() / "matrix.json";
        EXPECT_TRUE(write_file(path, text));
        const auto script = std::filesystem::path(BLKHANG_SOURCE_DIR) / "reports/validate.py";
        return run_command({"python3", script.string(), path.string()}, Deadline::after(kPatience)).value();
    };
    for (const Matrix& matrix : {sample(), Matrix{}, matrix_of(replay::record("vanished"))}) {
        const auto valid = validate(encode(matrix));
        EXPECT_EQ(valid.exit_code, 0) << valid.out << valid.err;
    }
    auto wrong = Json::parse(encode(sample()));
    wrong["groups"][0]["rate"]["high"] = 1.5;
    const auto invalid = validate(wrong.dump());
    EXPECT_EQ(invalid.exit_code, 1);
    EXPECT_THAT(invalid.out, HasSubstr("groups/0/rate/high"));
}

TEST(MatrixJson, ForeignAndOtherVersionsAreToldApart) {
    EXPECT_THAT(error_of("[]"), HasSubstr("not a matrix"));
    EXPECT_THAT(error_of(R"({"schema":"blkhang-record/1"})"), HasSubstr("not a matrix"));
    EXPECT_THAT(error_of(R"({"schema":"blkhang-matrix/0"})"), HasSubstr("run the matrix again"));
    EXPECT_THAT(error_of(R"({"schema":"blkhang-matrix/2"})"), HasSubstr("newer blkhang"));
    EXPECT_THAT(error_of(R"({"schema":"blkhang-matrix/1"})"), HasSubstr("started: missing"));
    EXPECT_THAT(error_of(R"({"schema":"blk)"), AllOf(HasSubstr("not JSON"), HasSubstr("cells/")));
}

TEST(MatrixJson, DamageIsNamedAndNeverReadAsAVerdict) {
    const auto with = [](const auto& change) {
        auto json = Json::parse(encode(sample()));
        change(json["cells"], json);
        return error_of(json.dump());
    };
    EXPECT_THAT(with([](Json& cells, Json&) { cells[1]["verdict"] = "perhaps"; }),
                HasSubstr("cells[1].verdict: expected a known name"));
    EXPECT_THAT(with([](Json& cells, Json&) { cells[0].erase("subject"); }), HasSubstr("cells[0].subject: missing"));
    EXPECT_THAT(with([](Json& cells, Json&) { cells[2]["reasons"].clear(); }), HasSubstr("cells[2].reasons"));
    EXPECT_THAT(with([](Json& cells, Json&) { cells[2]["id"] = cells[0]["id"]; }), HasSubstr("cells[2].id"));
    for (const char* id : {"..", "../../etc/cron.d", "/etc", ".hidden", "a/b", "-x", "a b"}) {
        EXPECT_THAT(with([&](Json& cells, Json&) { cells[1]["id"] = id; }), HasSubstr("cells[1].id: expected a name"));
    }
    EXPECT_THAT(with([](Json&, Json& matrix) { matrix["planned"] = 2; }), HasSubstr("more than were planned"));
}

TEST(ReadMatrix, SaysWhatIsMissing) {
    auto directory = TempDir::make("blkhang-matrix").value();
    const auto there = Directory::open(directory.path()).value();
    EXPECT_THAT(read_matrix(there).error().message(), HasSubstr("`blkhang matrix` wrote"));

    ASSERT_TRUE(write_file(directory.path() / "matrix.toml", ""));
    EXPECT_THAT(read_matrix(there).error().message(), HasSubstr("--resume"));

    ASSERT_TRUE(write_file(directory.path() / "matrix.json", "{"));
    EXPECT_THAT(read_matrix(there).error().message(), AllOf(HasSubstr("matrix.json"), HasSubstr("not JSON")));
}

TEST(ReadRuns, TakesAMatrixOrARecordButNotBoth) {
    auto directory = TempDir::make("blkhang-runs").value();
    const auto there = Directory::open(directory.path()).value();
    EXPECT_THAT(read_runs(there).error().message(), HasSubstr("neither record.json nor matrix.json"));

    ASSERT_TRUE(write_file(directory.path() / "matrix.json", encode(sample())));
    EXPECT_TRUE(holds_matrix(there).value());
    EXPECT_EQ(read_runs(there).value().cells.size(), sample().cells.size());

    ASSERT_TRUE(write_file(directory.path() / "record.json", encode(replay::record("thrash"))));
    EXPECT_THAT(read_runs(there).error().message(), HasSubstr("a matrix and a record"));

    ASSERT_TRUE(std::filesystem::remove(directory.path() / "matrix.json"));
    EXPECT_FALSE(holds_matrix(there).value());
    EXPECT_EQ(read_runs(there).value().cells.size(), 1U);
}

TEST(MatrixOfARecord, IsThatOneRun) {
    const Record record = replay::record("self-deadlock", "sync-alloc");
    const Matrix matrix = matrix_of(record);
    ASSERT_EQ(matrix.cells.size(), 1U);
    const CellResult& cell = matrix.cells.front();
    EXPECT_EQ(cell.subject, kPlanted);
    EXPECT_EQ(cell.label, record.run.kernel);
    EXPECT_EQ(cell.verdict, Verdict::hang);
    EXPECT_EQ(cell.reasons, record.verdict.reasons);
    EXPECT_EQ(cell.load, record.load);
    EXPECT_GT(cell.load_s, 0);
    EXPECT_EQ(matrix.tool.version, record.tool.version);
}

TEST(Subject, InWords) {
    EXPECT_EQ(describe(kStock), "deb:6.1 kvm-2011");
    EXPECT_EQ(describe(kPlanted), "deb:6.1 kvm-2011 with sync-alloc planted");
}

}  // namespace
}  // namespace blkhang
