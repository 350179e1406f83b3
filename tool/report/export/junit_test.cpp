// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Junit : public testing::Test {
protected:
    void render(const TestResults& results) {
        text_ = render_junit(results);
        const auto parsed = document_.load_string(text_.c_str());
        ASSERT_TRUE(parsed) << parsed.description();
    }
    void render(const Matrix& matrix) { render(test_results(matrix, std::vector<Evidence>(matrix.cells.size()))); }
    void render(const Subject& subject, Verdict verdict) {
        Matrix matrix;
        render(build::add(matrix, build::cell(subject, verdict)));
    }
    [[nodiscard]] std::string at(const char* path) const { return document_.select_node(path).attribute().value(); }
    [[nodiscard]] std::string text_at(const char* path) const {
        return document_.select_node(path).node().text().get();
    }
    [[nodiscard]] std::size_t count(const char* path) const { return document_.select_nodes(path).size(); }

    std::string text_;
    pugi::xml_document document_;
};

TEST_F(Junit, ASuitePerKernelACasePerRun) {
    Matrix matrix = build::runs(kStock, 1, 2);
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", ""}, Verdict::error));
    render(matrix);
    EXPECT_THAT(text_, StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "));
    EXPECT_EQ(at("/testsuites/@tests"), "4");
    EXPECT_EQ(at("/testsuites/@failures"), "1");
    EXPECT_EQ(at("/testsuites/@errors"), "1");
    EXPECT_EQ(at("/testsuites/@time"), "210.000");
    EXPECT_EQ(at("//testsuite[1]/@name"), "deb:6.1");
    EXPECT_EQ(at("//testsuite[1]/@tests"), "3");
    EXPECT_EQ(at("//testsuite[1]/@errors"), "0");
    EXPECT_EQ(at("//testsuite[1]/@timestamp"), "2026-11-22T20:00:00");
    EXPECT_EQ(at("//testsuite[1]/properties/property[@name='kernel_release']/@value"), "6.1.0-52-cloud-amd64");
    EXPECT_EQ(at("//testsuite[1]/testcase[2]/@classname"), "blkhang.deb:6_1");
    EXPECT_EQ(at("//testsuite[1]/testcase[2]/@name"), "kvm-2011, run 2");
    EXPECT_EQ(at("//testsuite[1]/testcase[2]/@time"), "52.500");
}

TEST_F(Junit, VerdictsBecomeElements) {
    render(kStock, Verdict::hang);
    EXPECT_EQ(at("//failure/@type"), "hang");
    EXPECT_EQ(at("//failure/@message"), "hang: for a reason");
    render(kStock, Verdict::error);
    EXPECT_EQ(at("//error/@type"), "error");
    render(kStock, Verdict::unsupported);
    EXPECT_EQ(at("//skipped/@message"), "unsupported: for a reason");
    render(kPlanted, Verdict::hang);
    EXPECT_EQ(at("//skipped/@message"), "as expected, hang: for a reason");
    EXPECT_EQ(at("//testsuite/@skipped"), "1");
    render(kStock, Verdict::clean);
    EXPECT_EQ(count("//testcase"), 1U);
    EXPECT_EQ(count("//failure | //error | //skipped"), 0U);
}

TEST_F(Junit, ARecordBringsItsProofAndItsLog) {
    render(test_results(replay::record("self-deadlock"), "[1.0] first\n[2.0] last\n"));
    EXPECT_THAT(text_at("//failure"), HasSubstr("<- took pcpu_alloc_mutex here"));
    EXPECT_THAT(text_at("//system-out"), EndsWith("[1.0] first\n[2.0] last\n"));
}

/// As Jenkins' xUnit reads it, whose schema is stricter than most.
TEST_F(Junit, NothingStandsWhereAStrictSchemaAllowsNone) {
    Matrix matrix = build::runs(kStock, 1, 1);
    matrix.planned = 3;
    render(matrix);
    EXPECT_EQ(count("//testcase/properties | /testsuites/@skipped | /testsuites/@timestamp"), 0U);
    EXPECT_EQ(count("//testsuite/@skipped"), 2U);
}

TEST_F(Junit, ForbiddenCharactersAreReplaced) {
    Matrix matrix;
    build::add(matrix, build::cell(kStock, Verdict::hang, "a\x01 ]]> <b> \"c\" &d\xff"));
    Evidence evidence;
    evidence.log = std::string("nul \0 escape \x1b[0m ]]> \xff\n", 25);
    render(test_results(matrix, {evidence}));
    EXPECT_EQ(at("//failure/@message"), "hang: a\uFFFD ]]> <b> \"c\" &d\uFFFD");
    EXPECT_THAT(text_, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("&#")), Not(HasSubstr(std::string(1, '\0')))));
}

TEST_F(Junit, AMatrixThatWasCutShortIsAnError) {
    Matrix matrix = build::runs(kStock, 0, 1);
    matrix.planned = 3;
    render(matrix);
    EXPECT_EQ(at("/testsuites/@errors"), "1");
    EXPECT_EQ(at("//testsuite[@name='matrix']/testcase/error/@message"), "cut short, 2 runs are missing");
}

}  // namespace
}  // namespace blkhang
