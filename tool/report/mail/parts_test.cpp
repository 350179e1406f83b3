// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/mail/kernel.h"
#include "report/mail/layout.h"
#include "report/mail/recipients.h"
#include "report/mail/regression.h"
#include "report/mail/table.h"
#include "report/mail/taint.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string tag(std::string_view release, std::string_view version = "", std::string_view label = "") {
    return upstream_of(release, version, label).tag;
}

TEST(UpstreamOf, Debian) {
    EXPECT_EQ(tag("6.1.0-56-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-30)"), "v6.1.192");
    EXPECT_EQ(tag("7.3.4+deb13-cloud-amd64", "#1 SMP Debian 7.3.4-1~bpo13+1 (2026-11-15)"), "v7.3.4");
    EXPECT_EQ(tag("6.18-rc4-amd64", "#1 SMP Debian 6.18~rc4-1~exp1 (2025-11-03)"), "v6.18-rc4");
    EXPECT_EQ(tag("6.1.0-56-cloud-amd64", "", "deb:6.1 (linux-image-6.1.0-56-cloud-amd64 6.1.192-2)"), "v6.1.192");
    EXPECT_EQ(tag("6.1.0-56-cloud-amd64", "", "deb:linux-image-6.1.0-56-cloud-amd64 (6.1.192-2)"), "v6.1.192");
    const Upstream debian = upstream_of("6.1.0-56-cloud-amd64", "#1 SMP Debian 6.1.192-2 (2026-10-30)", "");
    EXPECT_EQ(debian.distribution, "Debian 6.1.192-2");
    EXPECT_TRUE(debian.stable());
    EXPECT_FALSE(debian.vanilla());
}

TEST(UpstreamOf, Vanilla) {
    EXPECT_EQ(tag("6.18.0", "#2 SMP Thu Nov 26"), "v6.18");
    EXPECT_EQ(tag("6.18.0-rc3"), "v6.18-rc3");
    EXPECT_EQ(tag("6.1.192"), "v6.1.192");
    EXPECT_TRUE(upstream_of("6.1.192", "", "").vanilla());
    EXPECT_FALSE(upstream_of("6.18.0", "", "").stable());
}

TEST(UpstreamOf, GuessesNothing) {
    for (const char* release :
         {"6.1.0-56-cloud-amd64", "6.8.0-45-generic", "5.14.0-427.el9.x86_64", "6.4.0-150600.23-default", "6.18.0+",
          "6.18.0-rc3-00012-gabcdef012345", "6.18.0-dirty", "6.18.0-alice", "", "six", "6", "v6.1"}) {
        EXPECT_THAT(tag(release, "#45-Ubuntu SMP"), IsEmpty()) << release;
    }
    EXPECT_THAT(tag("6.8.0", "#45-Ubuntu SMP PREEMPT_DYNAMIC"), IsEmpty());
    EXPECT_THAT(tag("x", "", "deb:6.1"), IsEmpty());
    EXPECT_THAT(tag("x", "", "tree:/deb:6.1 (a 6.1.192-2)"), IsEmpty());
    EXPECT_THAT(tag("99999999999999999999.1.2", std::string(1'000'000, '1')), Not(HasSubstr("1111")));
}

TEST(PlaceAmongKernels, IsThatOfTheReleaseWhereNoMoreIsKnown) {
    EXPECT_EQ(place_among_kernels("6.1.0-56-cloud-amd64", "deb:6.1 (a 6.1.192-2)")->order,
              upstream_of("6.1.192", "", "").order);
    EXPECT_EQ(place_among_kernels("6.8.0-45-generic", "")->series(), "v6.8");
    EXPECT_EQ(place_among_kernels("", "tree:linux"), std::nullopt);
    EXPECT_EQ(place_among_kernels("mine", ""), std::nullopt);
}

TEST(UpstreamOf, ACommitOfGit) {
    const Upstream build = upstream_of("6.18.3-00012-g123456789abc", "#1 SMP Thu Nov 26", "");
    EXPECT_EQ(build.tag, "v6.18.3");
    EXPECT_EQ(build.commit, "123456789abc");
    EXPECT_EQ(build.name(), "v6.18.3-12-g123456789abc");
    EXPECT_EQ(build.ref(), "123456789abc");
    EXPECT_FALSE(build.vanilla());
    EXPECT_TRUE(build.stable());
    EXPECT_EQ(upstream_of("6.19.0-rc2-00300-gabcdef01", "", "").name(), "v6.19-rc2-300-gabcdef01");
    for (const char* release : {"6.18.3-00012-g123456789abc-dirty", "6.18.3-alice-00012-g123456789abc",
                                "6.18.3-g123456789abc", "6.18.3-12-g12"}) {
        EXPECT_FALSE(upstream_of(release, "", "").known()) << release;
    }
}

TEST(UpstreamOf, LinuxNext) {
    const Upstream next = upstream_of("6.19.0-rc1-next-20261120", "", "");
    EXPECT_EQ(next.name(), "next-20261120");
    EXPECT_EQ(next.tree(), "next");
    EXPECT_EQ(upstream_of("6.19.0-rc1-next-20261120-00002-gabcdef01", "", "").name(), "next-20261120-2-gabcdef01");
    EXPECT_LT(upstream_of("6.19.0-rc1", "", "").order, next.order);
    EXPECT_LT(next.order, upstream_of("6.19.0-rc1-next-20261121", "", "").order);
    EXPECT_LT(next.order, upstream_of("6.19.0-rc1-next-20261120-2147483647-gabcdef01", "", "").order);
}

TEST(UpstreamOf, ACommitThatSomebodyNamed) {
    const Upstream build = upstream_of("6.18.3-alice", "", "tree:/src", "0123456789abcdef0123456789abcdef01234567");
    EXPECT_EQ(build.name(), "0123456789ab");
    EXPECT_EQ(build.tree(), "");
    EXPECT_LT(upstream_of("6.18.2", "", "").order, build.order) << "by the version that it begins with";
    EXPECT_TRUE(upstream_of("x", "", "", "0123456789ab").known());
    EXPECT_TRUE(is_commit("0123456789ab"));
    for (const char* wrong :
         {"", "0123456", "0123456789ABCDEF", "v6.18", "0123456789abcdef0123456789abcdef0123456789"}) {
        EXPECT_FALSE(is_commit(wrong)) << wrong;
    }
}

TEST(UpstreamOf, TreesHaveTheNamesOfTestSystems) {
    EXPECT_EQ(upstream_of("6.18.0-rc1", "", "").tree(), "mainline");
    EXPECT_EQ(upstream_of("6.18.3", "", "").tree(), "stable");
    EXPECT_EQ(upstream_of("6.1.0-56", "#1 SMP Debian 6.1.192-2 (2026-10-30)", "").tree(), "debian");
    EXPECT_EQ(upstream_of("6.18.3-00012-g123456789abc", "", "").tree(), "") << "anybody's";
}

TEST(UpstreamOf, CandidatesComeBeforeTheRelease) {
    const auto order = [](const char* release) { return upstream_of(release, "", "").order; };
    EXPECT_LT(order("6.18.0-rc1"), order("6.18.0-rc2"));
    EXPECT_LT(order("6.18.0-rc9"), order("6.18.0"));
    EXPECT_LT(order("6.18.0"), order("6.18.1"));
    EXPECT_LT(order("6.18.1"), order("6.18.1-00001-gabcdef01"));
    EXPECT_LT(order("6.18.1-00001-gabcdef01"), order("6.18.1-00002-g01abcdef"));
    EXPECT_LT(order("6.9.0"), order("6.18.0-rc1"));
}

class JudgeBaseline : public testing::Test {
protected:
    static BaselineFinding judge(const Matrix& good, const Matrix& bad, const char* older = "7.1.13",
                                 const char* newer = "7.2.12") {
        return judge_baseline(compare(good, bad).pairs.at(0), upstream_of(older, "", ""), upstream_of(newer, "", ""),
                              true);
    }
};

TEST_F(JudgeBaseline, ARegressionBeyondChance) {
    const auto finding = judge(build::runs(build::kOld, 0, 10), build::runs(build::kNew, 10, 0));
    EXPECT_TRUE(finding.regression);
    EXPECT_THAT(finding.words, AllOf(HasSubstr("v7.1.13 failed in none of 10 runs"), HasSubstr("p = 1.1e-05")));
}

TEST_F(JudgeBaseline, OneRunEachIsThinAndSaysSo) {
    const auto finding = judge(build::runs(build::kOld, 0, 1), build::runs(build::kNew, 1, 0));
    EXPECT_TRUE(finding.regression);
    EXPECT_THAT(finding.words, HasSubstr("With 1 run against 1 run, chance is not excluded"));
}

TEST_F(JudgeBaseline, SettingsThatAreNotKnownAreNotCalledTheSame) {
    const auto pair = compare(build::runs(build::kOld, 0, 10), build::runs(build::kNew, 10, 0)).pairs.at(0);
    for (const bool known : {true, false}) {
        const auto finding = judge_baseline(pair, upstream_of("7.2.1", "", ""), upstream_of("7.2.12", "", ""), known);
        EXPECT_TRUE(finding.regression);
        EXPECT_EQ(finding.words.find("with the same profile and load") != std::string::npos, known);
        EXPECT_EQ(finding.words.find("is not known") != std::string::npos, !known);
    }
}

TEST_F(JudgeBaseline, AnotherStableSeriesIsNoAncestor) {
    const auto words = [](const char* older, const char* newer) {
        return judge(build::runs(build::kOld, 0, 10), build::runs(build::kNew, 10, 0), older, newer).words;
    };
    EXPECT_THAT(words("7.1.13", "7.3.4"),
                AllOf(HasSubstr("v7.1.13 is of a stable series that v7.3.4 does not belong to"),
                      HasSubstr("may be backports"), HasSubstr("mainline v7.1 to v7.3, were not measured")));
    EXPECT_THAT(words("7.1.13", "7.3.0-rc1"), HasSubstr("mainline v7.1 to v7.3-rc1, were not measured"));
    EXPECT_THAT(words("7.2.1", "7.2.12"), Not(HasSubstr("backports")));
    EXPECT_THAT(words("7.1.0", "7.2.12"), Not(HasSubstr("backports"))) << "a release of mainline is an ancestor";
}

TEST_F(JudgeBaseline, BuildsOfGitTakePart) {
    const auto finding =
        judge(build::runs(build::kOld, 0, 10), build::runs(build::kNew, 10, 0), "7.2.0", "7.2.0-00012-g123456789abc");
    EXPECT_TRUE(finding.regression);
    EXPECT_THAT(judge(build::runs(build::kOld, 0, 10), build::runs(build::kNew, 10, 0), "7.2.0-rc1-next-20261119",
                      "7.2.0-rc1-next-20261120")
                    .words,
                HasSubstr("next-20261119 need not be an ancestor of next-20261120"));
}

TEST_F(JudgeBaseline, EachReasonAgainstOne) {
    const Matrix good = build::runs(build::kOld, 0, 10);
    const Matrix bad = build::runs(build::kNew, 10, 0);
    Matrix undecided = build::runs(build::kOld, 0, 0);
    build::add(undecided, build::cell(build::kOld, Verdict::inconclusive));
    Matrix uncalibrated = build::runs({"deb:6.1", "kvm-2011", ""}, 0, 10);
    uncalibrated.calibrate = true;
    CellResult blind = build::cell({"deb:6.1", "kvm-2011", kCalibrationPlant}, Verdict::clean);
    blind.calibration = true;
    build::add(uncalibrated, blind);

    const auto refused = [](const BaselineFinding& finding, const char* why) {
        EXPECT_FALSE(finding.regression) << why;
        EXPECT_THAT(finding.words, AllOf(HasSubstr("not reported as a regression"), HasSubstr(why)));
    };
    refused(judge(build::runs(build::kOld, 1, 9), bad), "fails as well");
    refused(judge(undecided, bad), "no run of the baseline v7.1.13 came to a verdict");
    refused(judge(uncalibrated, bad), "calibrate it was not seen");
    refused(judge(good, bad, "6.8.0-45-generic"), "cannot be told");
    refused(judge(good, bad, "7.1.13", "6.8.0-45-generic"), "cannot be told");
    refused(judge(good, bad, "7.3.4", "7.2.12"), "the baseline v7.3.4 is newer");
    refused(judge(good, bad, "7.2.12", "7.2.12"), "made from the same release, v7.2.12");
    refused(judge(good, bad, "7.2.0-00003-gabcdef01", "7.2.0-00003-g01abcdef"), "older one cannot be told");
    refused(judge(good, build::runs(build::kNew, 1, 9)), "chance may explain");
    refused(judge(build::runs(build::kOld, 0, 2), build::runs(build::kNew, 1, 1)), "chance may explain");
}

TEST(Lists, FitWhatTheCycleLeadsThrough) {
    const Recipients both = lists_for(sources_of(replay::record("self-deadlock")));
    EXPECT_THAT(both.to, ElementsAre("linux-mm@kvack.org", "linux-block@vger.kernel.org"));
    EXPECT_THAT(lists_for({"mm/percpu.c"}).to, ElementsAre("linux-mm@kvack.org"));
    EXPECT_THAT(lists_for({"block/blk-mq.c"}).cc, ElementsAre("linux-kernel@vger.kernel.org"));
    EXPECT_THAT(lists_for({"block/blk-iocost.c"}).cc,
                ElementsAre("cgroups@vger.kernel.org", "linux-kernel@vger.kernel.org"));
}

TEST(Maintainers, PeopleAndLists) {
    const auto recipients = parse_maintainers(
        "Ada Lovelace <ada@example.org>\n\"Babbage, C.\" <c@example.org>\nlinux-block@vger.kernel.org\n"
        "Ada <ADA@example.org>\nJ\xc3\xb6rg <j@example.org>\n");
    ASSERT_TRUE(recipients) << recipients.error().message();
    EXPECT_THAT(recipients->to, ElementsAre("Ada Lovelace <ada@example.org>", "\"Babbage, C.\" <c@example.org>",
                                            "J\xc3\xb6rg <j@example.org>"));
    EXPECT_THAT(recipients->cc, ElementsAre("linux-block@vger.kernel.org", "linux-kernel@vger.kernel.org"));
    EXPECT_THAT(parse_maintainers("linux-block@vger.kernel.org\n")->to, ElementsAre("linux-block@vger.kernel.org"));
}

TEST(Maintainers, WhatIsNoAddressIsAnError) {
    for (const char* hostile :
         {"", "\n\n", "not an address\n", "a@b\n", "A <a@example.org>, B <b@example.org>\n",
          "A\rBcc: x <a@example.org>\n", "A\x1b[31m <a@example.org>\n", "<a@example.org>\n", "A <a@example.org\n",
          "A <a@exa mple.org>\n", "A <a@example.org> (maintainer:X)\n", "\xff <a@example.org>\n",
          "A <<a@example.org>\n", "@\n", "a@example.org\nBad file 'x'\n"}) {
        EXPECT_FALSE(parse_maintainers(hostile)) << hostile;
    }
}

TEST(MailLayout, ParagraphsItemsAndVerbatim) {
    const std::string words(100, 'x');
    const std::string text = "Subject: a\n\n\none\ntwo\n\n\n- " + std::string(30, 'a') + " " + std::string(30, 'b') +
                             " " + std::string(30, 'c') + "\n  table   |  x\n" + words + "\n";
    EXPECT_EQ(laid_out_mail(text), "Subject: a\n\none two\n\n- " + std::string(30, 'a') + " " + std::string(30, 'b') +
                                       "\n  " + std::string(30, 'c') + "\n  table   |  x\n" + words + "\n");
}

TEST(MailLayout, ManyAddressesAreFolded) {
    EXPECT_EQ(address_header("Cc", {}), "");
    EXPECT_EQ(address_header("To", {"a@b.c"}), "To: a@b.c\n");
    const std::string header =
        address_header("To", {std::string(40, 'a') + "@b.c", std::string(40, 'd') + "@b.c", "e@b.c"});
    EXPECT_EQ(header, "To: " + std::string(40, 'a') + "@b.c,\n " + std::string(40, 'd') + "@b.c, e@b.c\n");
}

TEST(Foreign, CannotForgeLinesOrCommands) {
    EXPECT_EQ(foreign("a\nBcc: x\r\n #regzbot introduced: y"), "a Bcc(:) x (#)regzbot introduced: y");
    EXPECT_EQ(foreign("~!rm #syz fix: a Acked-By: L Fixes: b"), "(~)!rm (#)syz fix: a Acked-By(:) L Fixes(:) b");
    EXPECT_EQ(foreign("Reviewed-by:x  ~a"), "Reviewed-by(:)x (~)a");
    const std::string_view harmless = "#1 SMP 6.1 by: a# b~ q: mutex::lock -by";
    EXPECT_EQ(foreign(harmless), harmless);
    EXPECT_EQ(foreign(""), "");
    EXPECT_THAT(foreign("\x1b[31m\xff"), Not(HasSubstr("\x1b")));
}

TEST(FailRuns, OneColumn) {
    const Matrix matrix = build::runs(build::kNew, 18, 2);
    const auto all = tally(matrix);
    EXPECT_EQ(fail_runs_table(nullptr, {"v7.2.12", &all.front()}),
              "        v7.2.12\n"
              "      fail:runs\n"
              "            |\n"
              "          18:20    kvm-2011.hang\n");
}

TEST(FailRuns, TwoColumns) {
    const Matrix good = build::runs(build::kOld, 0, 20);
    const Matrix bad = build::runs(build::kNew, 18, 2);
    const auto was = tally(good);
    const auto is = tally(bad);
    const MailColumn base{"v7.1.13", &was.front()};
    EXPECT_EQ(fail_runs_table(&base, {"v7.2.12", &is.front()}),
              "           v7.1.13                     v7.2.12\n"
              "  ---------------- ---------------------------\n"
              "         fail:runs  %reproduction    fail:runs\n"
              "             |             |             |\n"
              "             :20          90%          18:20    kvm-2011.hang\n");
}

TEST(FailRuns, LongNamesFitAMail) {
    const Matrix good = build::runs(build::kOld, 0, 20);
    const Matrix bad = build::runs(build::kNew, 18, 2);
    const auto was = tally(good);
    const auto is = tally(bad);
    const std::string name = "6.8.0-1021-a-kernel-of-somebody's-own-with-a-name";
    const MailColumn base{name + "-without-end-1", &was.front()};
    const MailColumn head{name + "-without-end-2", &is.front()};
    for (const std::string& text : {fail_runs_table(&base, head), fail_runs_table(nullptr, head)}) {
        EXPECT_LE(text.find('\n'), kMailColumns) << text;
        EXPECT_THAT(text, AllOf(HasSubstr("6.8.0-1021"), HasSubstr("end-2\n")));
    }
}

TEST(Taint, LettersAndCaution) {
    EXPECT_EQ(taint_words(0), "0 (not tainted)");
    EXPECT_EQ(taint_words(12288), "12288 (O: module from outside the tree; E: unsigned module)");
    EXPECT_EQ(taint_words(std::uint64_t{1} << 40U), "1099511627776 (bit 40)");
    EXPECT_EQ(taint_paragraph(0, 0), "Taint before the run: 0 (not tainted); after it: the same.");
    EXPECT_THAT(taint_paragraph(0, 512),
                AllOf(HasSubstr("Added by the run: 512 (W: warning)"), Not(HasSubstr("Caution"))));
    EXPECT_THAT(taint_paragraph(1, std::nullopt), AllOf(HasSubstr("unknown"), HasSubstr("Caution")));
}

}  // namespace
}  // namespace blkhang
