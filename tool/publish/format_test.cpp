// SPDX-License-Identifier: GPL-2.0-only
#include "publish/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A directory with a record, and one with a matrix.
class Formats : public testing::Test {
protected:
    Formats() {
        std::filesystem::create_directories(record());
        std::filesystem::create_directories(matrix());
        EXPECT_TRUE(write_file(record() / files::kRecord, encode(replay::record("kswapd-cycle"))));
        EXPECT_TRUE(write_file(record() / files::kEvents, read_file(replay::path("kswapd-cycle")).value()));
        EXPECT_TRUE(write_file(record() / files::kProfile, to_toml(load_profile("elv-switch").value())));
        EXPECT_TRUE(write_file(matrix() / files::kMatrix, encode(build::runs(build::kOld, 10, 0))));
    }
    [[nodiscard]] std::filesystem::path record() const { return temporary_.path() / "record"; }
    [[nodiscard]] std::filesystem::path matrix() const { return temporary_.path() / "matrix"; }

private:
    TempDir temporary_ = TempDir::make("formats-test").value();
};

TEST_F(Formats, EachIsWholeAndThereIsOneOfAName) {
    std::set<std::string_view> names;
    for (const ReportFormat& format : report_formats()) {
        SCOPED_TRACE(format.name);
        EXPECT_TRUE(names.insert(format.name).second);
        EXPECT_FALSE(format.help.empty());
        EXPECT_TRUE(format.record != nullptr || format.matrix != nullptr);
        EXPECT_EQ(find_format(format.name).value().name, format.name);
    }
}

/// One whose row was forgotten is in the program, and nobody can ask for it.
TEST_F(Formats, WhatIsExportedHasARow) {
    const auto exports = std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/report/export";
    std::size_t headers = 0;
    for (const auto& file : std::filesystem::directory_iterator(exports)) {
        const auto name = file.path().stem().string();
        if (file.path().extension() == ".h" && name != "test_results") {  // which is what they are made from
            EXPECT_TRUE(find_format(name)) << name;
            ++headers;
        }
    }
    EXPECT_GE(headers, 3U);
}

TEST_F(Formats, EachRendersWhatItSaysItDoes) {
    std::set<std::string> of_a_record;
    for (const ReportFormat& format : report_formats()) {
        SCOPED_TRACE(format.name);
        const auto one = render(format, {.directory = record()});
        EXPECT_EQ(one.has_value(), format.record != nullptr) << (one ? "" : one.error().message());
        EXPECT_TRUE(of_a_record.insert(one.value_or("")).second) << "as another format does";
        // A mail needs a record beside the counts, which this matrix lacks.
        if (format.matrix != nullptr && format.name != "mail") {
            const auto many = render(format, {.directory = matrix()});
            ASSERT_TRUE(many) << many.error().message();
            EXPECT_THAT(*many, testing::Not(IsEmpty()));
        }
    }
}

TEST_F(Formats, OneThatIsUnknownIsAnErrorNotAnotherFormat) {
    const auto unknown = find_format("yaml");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault(), Fault::usage);
    EXPECT_THAT(unknown.error().message(),
                HasSubstr("text, html, mail, repro, blktests, json, ktap, junit, kcidb, openmetrics, not 'yaml'"));
}

TEST_F(Formats, KcidbNamesNobody) {
    Matrix many;
    build::add(many, build::cell({"tree:/home/bob/linux", "kvm-2011", ""}, Verdict::error,
                                 "cannot be booted: /home/bob/linux/arch/x86/boot/bzImage is no kernel"));
    ASSERT_TRUE(write_file(matrix() / files::kMatrix, encode(many)));
    const auto text = render(find_format("kcidb").value(), {.directory = matrix()});
    ASSERT_TRUE(text) << text.error().message();
    EXPECT_THAT(*text, testing::AllOf(testing::Not(HasSubstr("bob")), HasSubstr("tree:/home/user-1/linux")));
    EXPECT_EQ(*text, render(find_format("kcidb").value(), {.directory = matrix()}).value());
}

TEST_F(Formats, KcidbTakesNoCommitThatTheKernelContradicts) {
    Record built = replay::record("kswapd-cycle");
    built.kernel.release = "6.18.3-00012-g123456789abc";
    built.kernel.version = "#1 SMP";
    built.run.kernel = "tree:linux";
    ASSERT_TRUE(write_file(record() / files::kRecord, encode(built)));
    const auto kcidb = [&](const char* commit) {
        return render(find_format("kcidb").value(), {.directory = record(), .origin = "lab", .commit = commit});
    };
    EXPECT_TRUE(kcidb("123456789abcdef0"));
    ASSERT_FALSE(kcidb("fedcba987654"));
    EXPECT_THAT(kcidb("fedcba987654").error().message(), HasSubstr("it was built from 123456789abc"));
}

TEST_F(Formats, OneThatIsOfNoMatrixSaysSo) {
    const auto text = render(find_format("repro").value(), {.directory = matrix()});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().fault(), Fault::usage);
    EXPECT_EQ(text.error().message(), "--format repro: there is none of a matrix");
}

/// Not that of the shipped profile of its name: the run may have been made with another.
TEST_F(Formats, AReproducerIsMadeFromTheProfileBesideTheRecord) {
    std::filesystem::remove(record() / files::kProfile);
    const auto text = render(find_format("repro").value(), {.directory = record()});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().fault(), Fault::usage);
    EXPECT_THAT(text.error().message(), HasSubstr("there is no profile.toml"));
    ASSERT_TRUE(write_file(record() / files::kProfile, "name = 1"));
    EXPECT_THAT(render(find_format("repro").value(), {.directory = record()}).error().message(),
                AllOf(HasSubstr("profile.toml:1:"), testing::Not(HasSubstr("there is no"))));
}

TEST_F(Formats, SeveralGoWithThoseThatTakeThem) {
    std::vector<std::string_view> takers;
    for (const ReportFormat& format : report_formats()) {
        SCOPED_TRACE(format.name);
        const auto text = render(format, {.directory = record(), .others = {matrix()}});
        EXPECT_EQ(text.has_value(), format.several != nullptr);
        if (text) {
            takers.push_back(format.name);
        } else {
            EXPECT_EQ(text.error().fault(), Fault::usage);
            EXPECT_THAT(text.error().message(), HasSubstr("takes one DIR"));
            EXPECT_THAT(text.error().message(), HasSubstr("several go with --format html or openmetrics"));
        }
    }
    EXPECT_THAT(takers, ElementsAre("html", "openmetrics"));
}

TEST_F(Formats, AFolderIsWhatLiesInIt) {
    const auto folder = matrix().parent_path();
    const auto page = render(find_format("html").value(), {.directory = folder});
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_THAT(*page, HasSubstr("2 matrices"));
    EXPECT_THAT(render(find_format("text").value(), {.directory = folder}).error().message(),
                HasSubstr("holds neither record.json nor matrix.json"));
}

/// As ever, whatever lies below it.
TEST_F(Formats, OneMatrixIsNoFolder) {
    std::filesystem::rename(record(), matrix() / "record");
    EXPECT_THAT(render(find_format("html").value(), {.directory = matrix()}).value(),
                HasSubstr("Kernels and profiles"));
}

TEST_F(Formats, ABaselineIsOfOneMatrix) {
    const auto refused =
        render(find_format("html").value(), {.directory = record(), .others = {matrix()}, .baseline = matrix()});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("--baseline goes with one matrix"));
}

TEST_F(Formats, TellWhoHeedsAnOption) {
    EXPECT_THAT(formats_that_heed("templates"), ElementsAre("text", "html", "mail"));
    EXPECT_THAT(formats_that_heed("output"), IsEmpty());
}

}  // namespace
}  // namespace blkhang
