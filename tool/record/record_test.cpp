// SPDX-License-Identifier: GPL-2.0-only
#include "record/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"
#include "record/archive.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kPythonPatience{60};

struct Sample {
    const char* stream;
    const char* plant;
    RunEnd end;
};
/// With one of the kernel's own messages, which none of the streams has.
std::string with_kernel_report() {
    Record record = replay::record("self-deadlock", "sync-alloc");
    const KernelReport report{KernelReport::Kind::hung_task,
                              0,
                              "INFO: task sync:8 blocked for more than 120 seconds.",
                              {{8, "sync", 'D', "mutex"}, {9, "", {}, ""}},
                              {"pcpu_alloc_mutex"},
                              {"schedule+0x1/0x2"}};
    record.kernel_reports = {{12.5, report, "names only bystanders of the cycle: sync[8]"}};
    record.held_locks = {
        {13.5, {{8, "sync", {{"&of->mutex", "kernfs_fop_write_iter"}, {"pcpu_alloc_mutex", ""}}}}, 3, false}};
    return encode(record);
}

std::vector<Sample> samples() {
    return {
        {"self-deadlock", "sync-alloc", {Ended::orderly, "", "tcg"}},
        {"kswapd-cycle", "sync-alloc", {Ended::orderly, "", "kvm"}},
        {"thrash", "", {Ended::orderly, "", "tcg"}},
        {"nested-nowait", "", {Ended::orderly, "", "tcg"}},
        {"lost-events", "", {Ended::orderly, "", "tcg"}},
        {"vanished", "sync-alloc", {Ended::lost, "no line for 60 s", "tcg"}},
        {"nested-nowait", "", {Ended::timed_out, "", ""}},
    };
}

TEST(RecordJson, RoundTrips) {
    for (const auto& sample : samples()) {
        const std::string text = encode(replay::record(sample.stream, sample.plant, sample.end));
        const auto back = decode_record(text);
        ASSERT_TRUE(back) << sample.stream << ": " << back.error().message();
        EXPECT_EQ(encode(*back), text);
    }
    const std::string text = with_kernel_report();
    EXPECT_EQ(encode(decode_record(text).value()), text);
}

TEST(RecordJson, NoMoreLocksAreListedThanARunCanList) {
    auto record = decode_record(with_kernel_report()).value();
    auto& locks = record.held_locks->tasks.front().locks;
    locks.resize(HeldLocks::kMost);
    EXPECT_TRUE(decode_record(encode(record)));
    locks.emplace_back();
    EXPECT_FALSE(decode_record(encode(record)));
    locks.clear();
    EXPECT_FALSE(decode_record(encode(record)));
}

TEST(RecordJson, NoListOfWordsIsLongerThanARunCanMakeIt) {
    auto json = Json::parse(encode(replay::record("kswapd-cycle", "sync-alloc")));
    auto& holds = json["deadlock"]["tasks"][0]["holds"];
    holds = std::vector<std::string>(16, "pcpu_alloc_mutex");
    EXPECT_TRUE(decode_record(json.dump()));
    holds.push_back("pcpu_alloc_mutex");
    const auto refused = decode_record(json.dump());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_THAT(refused.error().message(), HasSubstr("expected holds of at most 16"));
    holds = Json::array();
    auto many = json;
    auto& tasks = many["deadlock"]["tasks"];
    tasks = std::vector<Json>(1024, tasks[0]);
    EXPECT_TRUE(decode_record(many.dump()));
    tasks.push_back(tasks[0]);
    EXPECT_THAT(decode_record(many.dump()).error().message(), HasSubstr("deadlock.tasks: expected at most 1024"));
    json["verdict"]["reasons"] = std::vector<std::string>(8193, "x");
    EXPECT_FALSE(decode_record(json.dump()));
}

TEST(RecordJson, RecordsOfBeforeTheKernelLogWasReadCanBeRead) {
    auto json = Json::parse(with_kernel_report());
    json.erase("kernel_reports");
    const auto record = decode_record(json.dump());
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_FALSE(record->kernel_reports);
}

TEST(RecordJson, AgreesWithItsSchemaByAnIndependentValidator) {
    const auto source = std::filesystem::path(BLKHANG_SOURCE_DIR);
    const auto found = run_command({"python3", "-c", "import jsonschema"}, Deadline::after(kPythonPatience));
    if (!found || found->exit_code != 0) {
        GTEST_SKIP() << "python3-jsonschema is not installed";
    }
    auto directory = TempDir::make("blkhang-schema").value();
    std::vector<std::string> command{"python3", (source / "reports/validate.py").string()};
    for (const auto& sample : samples()) {
        const auto path = directory.path() / (std::to_string(command.size()) + ".json");
        ASSERT_TRUE(write_file(path, encode(replay::record(sample.stream, sample.plant, sample.end))));
        command.push_back(path.string());
    }
    const auto reported = directory.path() / "kernel-report.json";
    ASSERT_TRUE(write_file(reported, with_kernel_report()));
    command.push_back(reported.string());
    const auto valid = run_command(command, Deadline::after(kPythonPatience));
    ASSERT_TRUE(valid) << valid.error().message();
    EXPECT_EQ(valid->exit_code, 0) << valid->out << valid->err;

    auto wrong = Json::parse(encode(replay::record("self-deadlock")));
    wrong["deadlock"]["kind"] = "perhaps";
    const auto path = directory.path() / "wrong.json";
    ASSERT_TRUE(write_file(path, wrong.dump()));
    const auto invalid = run_command({command[0], command[1], path.string()}, Deadline::after(kPythonPatience));
    ASSERT_TRUE(invalid);
    EXPECT_EQ(invalid->exit_code, 1);
    EXPECT_THAT(invalid->out, HasSubstr("deadlock/kind"));
}

TEST(RecordJson, ForeignAndOtherVersionsAreToldApart) {
    const auto error = [](std::string_view text) { return decode_record(text).error().message(); };
    EXPECT_THAT(error("{}"), HasSubstr("not a record"));
    EXPECT_THAT(error("[]"), HasSubstr("not a record"));
    EXPECT_THAT(error(R"({"schema":"kcidb/5"})"), HasSubstr("not a record"));
    EXPECT_THAT(error(R"({"schema":"blkhang-record/0"})"), HasSubstr("run the profile again"));
    EXPECT_THAT(error(R"({"schema":"blkhang-record/2"})"), HasSubstr("newer blkhang"));
    EXPECT_THAT(error(R"({"schema":"blkhang-record/1"})"), HasSubstr("verdict: missing"));
    EXPECT_THAT(error(R"({"schema":"blkh)"), HasSubstr("not JSON"));
}

TEST(RecordJson, DamageIsNamed) {
    auto json = Json::parse(encode(replay::record("kswapd-cycle")));
    json["deadlock"]["tasks"][1]["pid"] = "x";
    EXPECT_THAT(decode_record(json.dump()).error().message(), HasSubstr("deadlock.tasks[1].pid: expected an integer"));
}

TEST(RecordJson, WhatTheSchemaForbidsBeyondTypesIsDamageToo) {
    const auto error = [](const char* pointer, const Json& value) {
        auto json = Json::parse(encode(replay::record("kswapd-cycle")));
        json[Json::json_pointer(pointer)] = value;
        const auto record = decode_record(json.dump());
        return record ? "none" : record.error().message();
    };
    EXPECT_EQ(error("/plant", "sync-alloc"), "none");
    EXPECT_THAT(error("/verdict/reasons", Json::array()), HasSubstr("verdict.reasons: expected at least one"));
    EXPECT_THAT(error("/verdict/value", "fine"), HasSubstr("verdict.value: expected a known name"));
    EXPECT_THAT(error("/run/accelerator", "xen"), HasSubstr("run.accelerator: expected a known name"));
    EXPECT_THAT(error("/nesting/1/count", 0), HasSubstr("nesting[1].count: expected at least 1"));
    EXPECT_THAT(error("/deadlock/kind", "perhaps"), HasSubstr("deadlock.kind: expected a known name"));
    EXPECT_THAT(error("/deadlock/tasks", Json::array()), HasSubstr("deadlock.tasks: expected at least one"));
    EXPECT_THAT(error("/deadlock/lasted_ms", -1), HasSubstr("deadlock.lasted_ms: expected no negative number"));
}

TEST(ReadRecord, ReadsWhatWasWritten) {
    auto directory = TempDir::make("blkhang-record").value();
    const std::string text = encode(replay::record("thrash"));
    ASSERT_TRUE(write_file(directory.path() / "record.json", text));
    const auto record = Directory::open(directory.path()).and_then(read_record);
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(encode(*record), text);
}

TEST(ReadRecord, SaysWhatIsMissing) {
    auto directory = TempDir::make("blkhang-record").value();
    const auto none = Directory::open(directory.path()).and_then(read_record);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().fault(), Fault::usage);
    EXPECT_THAT(none.error().message(), HasSubstr("blkhang run"));

    ASSERT_TRUE(write_file(directory.path() / "events.ndjson", "{}\n"));
    EXPECT_THAT(Directory::open(directory.path()).and_then(read_record).error().message(), HasSubstr("cut short"));

    ASSERT_TRUE(write_file(directory.path() / "record.json", "{"));
    EXPECT_THAT(Directory::open(directory.path()).and_then(read_record).error().message(),
                testing::AllOf(HasSubstr("record.json"), HasSubstr("not JSON")));
}

TEST(ReadRecord, WhatCannotBeReadIsTheFaultOfWhoNamedIt) {
    auto directory = TempDir::make("blkhang-record").value();
    const auto path = directory.path() / "record.json";
    const auto error = [&](const std::filesystem::path& named) {
        const auto record = Directory::open(named).and_then(read_record);
        EXPECT_FALSE(record);
        EXPECT_EQ(record ? Fault::broken : record.error().fault(), Fault::usage);
        return record ? "" : record.error().message();
    };
    ASSERT_TRUE(write_file(path, ""));
    EXPECT_THAT(error(directory.path()), HasSubstr("it is empty"));
    EXPECT_THAT(error(path), HasSubstr("record.json: Not a directory")) << "the file instead of its directory";
    std::filesystem::resize_file(path, std::size_t{100} << 20U);
    EXPECT_THAT(error(directory.path()), HasSubstr("100MiB"));
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_THAT(error(directory.path()), HasSubstr("expected a regular file, found a directory"));
}

}  // namespace
}  // namespace blkhang
