// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "cli/options.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using build::kNew;
using build::kOld;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class CompareCommand : public testing::Test {
protected:
    std::string directory(const std::string& name) {
        const auto path = home_.path() / name;
        std::filesystem::create_directories(path);
        return path.string();
    }
    std::string holding(const std::string& name, const Matrix& matrix) {
        const std::string path = directory(name);
        EXPECT_TRUE(write_file(path + "/matrix.json", encode(matrix)));
        return path;
    }
    /// Its output is in output_.
    Result<ExitCode> compare(const std::vector<std::string>& arguments) {
        const Command command = compare_command();
        const auto invocation = parse_command_line(command, arguments);
        if (!invocation) {
            return fail(invocation.error());
        }
        testing::internal::CaptureStdout();
        auto code = command.run(*invocation);
        output_ = testing::internal::GetCapturedStdout();
        return code;
    }

    TempDir home_ = TempDir::make("blkhang-compare").value();
    std::string output_;
};

TEST_F(CompareCommand, ExitsByWhatIsShown) {
    const auto failing = holding("failing", build::runs(kOld, 10, 0));
    const auto fine = holding("fine", build::runs(kNew, 0, 10));
    const auto fine_too = holding("fine_too", build::runs(kOld, 0, 10));
    EXPECT_EQ(compare({failing, fine}).value(), ExitCode::ok);
    EXPECT_EQ(compare({fine, failing}).value(), ExitCode::bad_kernel);
    EXPECT_EQ(compare({fine, fine_too}).value(), ExitCode::inconclusive);
    EXPECT_THAT(output_, HasSubstr("this shows nothing about the change"));
}

TEST_F(CompareCommand, WritesJsonOrAMailIfAskedTo) {
    const auto before = holding("before", build::runs(kOld, 10, 0));
    const auto after = holding("after", build::runs(kNew, 0, 10));
    EXPECT_EQ(compare({before, after, "--json"}).value(), ExitCode::ok);
    EXPECT_THAT(output_, HasSubstr("blkhang-comparison/1"));
    EXPECT_EQ(compare({before, after, "--mail"}).value(), ExitCode::ok);
    EXPECT_THAT(output_, AllOf(StartsWith("Tested with blkhang"), HasSubstr("\nTested-by: ")));
    EXPECT_EQ(compare({before, after, "--mail", "--json"}).error().fault(), Fault::usage);
}

TEST_F(CompareCommand, TakesRecords) {
    const auto before = directory("before");
    const auto after = directory("after");
    ASSERT_TRUE(write_file(before + "/record.json", encode(replay::record("self-deadlock"))));
    ASSERT_TRUE(write_file(after + "/record.json", encode(replay::record("thrash"))));
    EXPECT_EQ(compare({before, after}).value(), ExitCode::inconclusive);
    EXPECT_THAT(output_, HasSubstr("single runs prove nothing"));
}

TEST_F(CompareCommand, TellsThatTheSidesAreNotTheSameExperiment) {
    const auto before = holding("before", build::runs(kOld, 10, 0));
    Matrix other = build::runs(kNew, 0, 10);
    for (CellResult& cell : other.cells) {
        cell.tier = "kprobe";
    }
    const auto after = holding("after", other);
    EXPECT_EQ(compare({before, after}).value(), ExitCode::inconclusive);
    EXPECT_THAT(output_, AllOf(HasSubstr("not the same experiment"), HasSubstr("tier: fentry before, kprobe after")));
    EXPECT_EQ(compare({before, after, "--mail"}).value(), ExitCode::inconclusive);
    EXPECT_THAT(output_, testing::Not(HasSubstr("\nTested-by: ")));
    EXPECT_EQ(compare({before, after, "--json"}).value(), ExitCode::inconclusive);
    EXPECT_THAT(output_, HasSubstr("\"differences\": [\n    {"));
}

TEST_F(CompareCommand, BadInputIsNamed) {
    const auto good = holding("good", build::runs(kOld, 1, 0));
    const auto error = [&](const std::vector<std::string>& arguments) {
        const auto code = compare(arguments);
        EXPECT_FALSE(code);
        EXPECT_EQ(code.error().fault(), Fault::usage);
        return code.error().message();
    };
    EXPECT_THAT(error({good, good}), HasSubstr("same directory"));
    EXPECT_THAT(error({good, directory("empty")}), HasSubstr("neither record.json nor matrix.json"));
    ASSERT_TRUE(write_file(directory("damaged") + "/matrix.json", "{"));
    EXPECT_THAT(error({good, directory("damaged")}), AllOf(HasSubstr("matrix.json"), HasSubstr("not JSON")));
    const auto other = holding("other", build::runs({"tree:new", "queue-freeze", ""}, 0, 1));
    EXPECT_THAT(error({good, other}),
                AllOf(HasSubstr("BEFORE is about tree:old kvm-2011"), HasSubstr("AFTER about tree:new queue-freeze")));
}

}  // namespace
}  // namespace blkhang
