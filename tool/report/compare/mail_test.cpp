// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "record/testing/matrix_builder.h"
#include "report/testing/unwrapped.h"

namespace blkhang {
namespace {

using build::kNew;
using build::kOld;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kTester = "Ada Lovelace <ada@example.org>";

std::string mail(const Matrix& before, const Matrix& after, const std::string& tester = kTester) {
    return mail_paragraph(compare(before, after), tester);
}

TEST(Mail, SaysWhatWasRunAndHowOftenItFailed) {
    const std::string text = unwrapped(mail(build::runs(kOld, 10, 0), build::runs(kNew, 0, 10)));
    EXPECT_THAT(text, AllOf(HasSubstr("blkhang 0.1.0 (3f2c9d1a7be4)"), HasSubstr("Profile kvm-2011"),
                            HasSubstr("before: tree:old (linux-image-cloud-amd64 6.1.192-2), 6.1.0-52-cloud-amd64"),
                            HasSubstr("failed in 10 of 10 runs (100%; 95% interval 69% to 100%), 500 trials"),
                            HasSubstr("40.0 s of load"), HasSubstr("under tcg")));
    EXPECT_THAT(text, AllOf(HasSubstr("failed in none of 10 runs (95% upper bound 26%)"), HasSubstr("p = 1.1e-05"),
                            HasSubstr("Seen before: member[100] waits for pcpu_alloc_mutex, which it owns itself."),
                            HasSubstr("cgroup statistics: 99.0%"), HasSubstr("Not tested: ")));
}

TEST(Mail, TestedByStandsOnALineOfItsOwnWhereItIsJustified) {
    EXPECT_THAT(mail(build::runs(kOld, 10, 0), build::runs(kNew, 0, 10)),
                EndsWith("\n\nTested-by: Ada Lovelace <ada@example.org>\n"));
    EXPECT_THAT(mail(build::runs(kOld, 10, 0), build::runs(kNew, 0, 10), ""),
                AllOf(HasSubstr("fill in your name"), EndsWith("\nTested-by: NAME <MAIL>\n")));
}

TEST(Mail, NoTestedByWhereItIsNot) {
    Matrix incomplete = build::runs(kNew, 0, 10);
    build::add(incomplete, build::cell(kNew, Verdict::inconclusive));
    const Matrix failing = build::runs(kOld, 10, 0);
    for (const auto& [before, after] : {std::pair{build::runs(kOld, 0, 10), build::runs(kNew, 0, 10)},
                                        {build::runs(kOld, 1, 0), build::runs(kNew, 0, 1)},
                                        {failing, build::runs(kNew, 1, 9)},
                                        {failing, incomplete}}) {
        const std::string text = mail(before, after);
        EXPECT_THAT(text, Not(HasSubstr(kTester)));
        EXPECT_THAT(text, HasSubstr("\nNo Tested-by: "));
    }
}

TEST(Mail, APlantedBugIsADemonstrationAndSaysSo) {
    const std::string text = mail(build::runs({"deb:6.1", "kvm-2011", "sync-alloc"}, 10, 0),
                                  build::runs({"deb:6.1", "kvm-2011", "worker-alloc"}, 0, 10));
    EXPECT_THAT(text, Not(HasSubstr(kTester)));
    EXPECT_THAT(unwrapped(text), AllOf(HasSubstr("with sync-alloc planted"), HasSubstr("with worker-alloc planted"),
                                       HasSubstr("No Tested-by: a bug was planted on purpose")));
}

TEST(Mail, NoStrangerSignsOffOrGivesOrders) {
    std::string orders;
    for (int i = 0; i < 40; ++i) {  // some begin a line, wherever lines are broken
        orders += "Acked-by: Eve <eve@example.org> ~!rm #regzbot introduced: x ";
    }
    const Subject before{"tree:" + orders, "kvm-2011", ""};
    const Subject after{"tree:new " + orders, "kvm-2011", ""};
    Matrix theirs = build::runs(before, 10, 0);
    theirs.tool.commit = orders;
    for (CellResult& cell : theirs.cells) {
        cell.reasons = {orders};
    }
    Matrix ours = build::runs(after, 0, 10);
    ours.tool.version = orders;
    std::istringstream lines(mail(theirs, ours));
    int seen = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto begin = std::min(line.find_first_not_of(' '), line.size());
        EXPECT_THAT(line.substr(begin),
                    AllOf(Not(StartsWith("Acked-by:")), Not(StartsWith("~")), Not(StartsWith("#"))));
        seen += line.find("Eve") == std::string::npos ? 0 : 1;
    }
    EXPECT_GT(seen, 100);
}

TEST(Mail, RunsWithoutVerdictAreListed) {
    Matrix before = build::runs(kOld, 9, 0);
    build::add(before, build::cell(kOld, Verdict::error));
    EXPECT_THAT(unwrapped(mail(before, build::runs(kNew, 0, 10))), HasSubstr("(all runs: 9 hang, 1 error)"));
}

TEST(Mail, FitsAMail) {
    std::istringstream lines(mail(build::runs(kOld, 10, 0), build::runs(kNew, 0, 10)));
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 75U) << line;
    }
}

}  // namespace
}  // namespace blkhang
