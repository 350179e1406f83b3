// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/mail.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/words.h"
#include "profile/shipped.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/compare/mail.h"
#include "report/mail/layout.h"
#include "report/testing/unwrapped.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

BugReport report_of(const Record& record) {
    BugReport report;
    report.record = record;
    report.tally = tally(matrix_of(record)).front();
    report.profile = load_profile("kvm-2011").value();
    report.shipped = report.profile;
    return report;
}

BugReport with_baseline(BugReport report, std::uint32_t passed, const std::string& release) {
    const Matrix good = build::runs(build::kOld, 0, passed);
    const Matrix bad = build::runs(build::kNew, 10, 0);
    report.baseline = BugReport::Baseline{compare(good, bad).pairs.at(0), replay::record("thrash")};
    report.tally = report.baseline->pair.after.tally;
    report.baseline->record->kernel.release = release;
    report.baseline->record->kernel.version = "#1 SMP";
    report.baseline->record->run.kernel = "tree:good";
    report.baseline->record->kernel.config = {{"CONFIG_MEMCG", "n"}, {"CONFIG_ONLY_HERE", "y"}};
    report.record.kernel.config = {{"CONFIG_MEMCG", "y"}, {"CONFIG_SWAP", "y"}, {"CONFIG_LOCKDEP", "n"}};
    return report;
}

std::string mail(const BugReport& report) { return render_mail(report, Templates::built_in()).value(); }

/// Commands and frames cannot be broken.
void expect_it_fits(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_TRUE(line.size() <= kMailColumns || line.find(' ', 4) == std::string::npos) << line;
        EXPECT_THAT(line, Not(HasSubstr("{{")));
        EXPECT_FALSE(line.ends_with(' ')) << line;
    }
}

TEST(Mail, ABugInTheFirstScreen) {
    const std::string text = mail(report_of(replay::record("kswapd-cycle")));
    EXPECT_THAT(text, StartsWith("To: linux-mm@kvack.org, linux-block@vger.kernel.org\nCc: "));
    EXPECT_THAT(text, HasSubstr("\nSubject: [BUG] "));
    EXPECT_THAT(text, HasSubstr("v6.1.162\n\nLinux v6.1.162 (Debian 6.1.162-1) deadlocks: array_map_alloc() owns"));
    EXPECT_THAT(
        unwrapped(text),
        AllOf(HasSubstr("owns pcpu_alloc_mutex and waits in throttle_direct_reclaim() for kswapd; kswapd() waits"),
              HasSubstr("fail:runs"), HasSubstr(" 1:1 kvm-2011.hang"),
              HasSubstr("This is 1 run; how often it fails is not known."), HasSubstr("try_to_free_pages+0x16/0x1e1"),
              Not(HasSubstr("bpf_trampoline")),
              HasSubstr("blkhang run kvm-2011 \\ --guest deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1"),
              HasSubstr("- A guest of "), HasSubstr("Caution: code from outside"),
              HasSubstr("software emulation (TCG)"), HasSubstr("A vanilla kernel: this is Debian 6.1.162-1")));
    EXPECT_THAT(text, AllOf(Not(HasSubstr("regzbot")), Not(HasSubstr("regressions@")), Not(HasSubstr("stable@"))));
    expect_it_fits(text);
}

TEST(Mail, EveryKindOfFailureHasItsWords) {
    EXPECT_THAT(mail(report_of(replay::record("self-deadlock"))),
                AllOf(HasSubstr("self-deadlock over pcpu_alloc_mutex"), HasSubstr("which it owns itself"),
                      HasSubstr("It began 3.2 s into the load and was proven 3.5 ms later")));
    Record livelock = replay::record("kswapd-cycle");
    livelock.verdict.value = Verdict::hazard;
    livelock.deadlock->kind = "livelock";
    livelock.deadlock->lasted_ms = 23'400;
    EXPECT_THAT(unwrapped(mail(report_of(livelock))),
                AllOf(HasSubstr(": stall over"), HasSubstr("stood still for 23.4 s"), HasSubstr("kvm-2011.hazard")));
    Record possible = replay::record("kswapd-cycle");
    possible.verdict = {Verdict::hazard, {"lock cycle a -> b"}};
    possible.deadlock.reset();
    EXPECT_THAT(unwrapped(mail(report_of(possible))),
                AllOf(HasSubstr("possible deadlock"), HasSubstr("can deadlock: lock cycle a -> b."),
                      HasSubstr("How locks were seen to nest")));
}

TEST(Mail, ClaimsNoMoreThanWasSeen) {
    Record livelock = replay::record("kswapd-cycle");
    livelock.deadlock->kind = "livelock";
    livelock.deadlock->lasted_ms = 75'000;
    livelock.run.ended = Ended::timed_out;
    EXPECT_THAT(
        unwrapped(mail(report_of(livelock))),
        AllOf(HasSubstr("stood still for 75.0 s, to the last that was heard of the machine: array_map_alloc() owns"),
              Not(HasSubstr("lasted")), Not(HasSubstr("end of the run"))));
    livelock.run.ended = Ended::orderly;
    EXPECT_THAT(unwrapped(mail(report_of(livelock))),
                AllOf(HasSubstr(": livelock over"),
                      HasSubstr("stood still for 75.0 s, to the end of the run: array_map_alloc() owns"),
                      Not(HasSubstr("for good"))));
    const Record lost = replay::record("vanished", "", {Ended::lost, "no line for 60 s", "tcg"});
    const std::string text = unwrapped(mail(report_of(lost)));
    EXPECT_THAT(text.substr(0, text.find("fail:runs")),
                AllOf(HasSubstr(": machine lost in a cycle of waits over"),
                      HasSubstr(") died in a cycle of waits: array_map_alloc() "), Not(HasSubstr("deadlock"))));
}

TEST(Mail, ReasonsBesideTheCycleAreGivenToo) {
    Record record = replay::record("kswapd-cycle");
    record.verdict.reasons.resize(1);
    EXPECT_THAT(mail(report_of(record)), Not(HasSubstr("reason for the verdict"))) << "told by the tasks";
    record.verdict.reasons.emplace_back("lock cycle a -> b\n#regzbot x");
    EXPECT_THAT(mail(report_of(record)),
                HasSubstr("\nAlso given as a reason for the verdict:\n\n- lock cycle a -> b (#)regzbot x\n"));
    record.deadlock.reset();
    EXPECT_THAT(mail(report_of(record)), Not(HasSubstr("reason for the verdict"))) << "told in place of the cycle";
}

TEST(Mail, AProfileIsWhereTheReaderFindsIt) {
    BugReport report = report_of(replay::record("kswapd-cycle"));
    EXPECT_THAT(unwrapped(mail(report)), Not(HasSubstr("I can send it")));
    report.profile->triggers.push_back({.name = "mine", .file = "/sys/x", .values = {"1"}});
    EXPECT_THAT(
        unwrapped(mail(report)),
        AllOf(HasSubstr("differs from the one of that name that ships with this version of blkhang; I can send"),
              HasSubstr("blkhang run ./profile.toml"), Not(HasSubstr("not one of those that ship"))));
    report.shipped.reset();
    EXPECT_THAT(unwrapped(mail(report)), AllOf(HasSubstr("not one of those that ship with blkhang; I can send it"),
                                               Not(HasSubstr("differs from the one"))));
}

TEST(Mail, SettingsThatAreNotKnownAreNotMadeUp) {
    BugReport report = report_of(replay::record("kswapd-cycle"));
    report.profile.reset();
    EXPECT_THAT(unwrapped(mail(report)),
                AllOf(HasSubstr("The settings of this run are not known: it left no profile that can be read. Kernel:"),
                      Not(HasSubstr("By hand:")), Not(HasSubstr("I can send it"))));
    report.shipped.reset();
    EXPECT_THAT(unwrapped(mail(report)), HasSubstr("None of that name ships with blkhang."));
}

TEST(Mail, OnlyThoseInStateDAreCalledBlocked) {
    Record record = replay::record("kswapd-cycle");
    record.blocked_tasks = {{1, "one", 'D', {"mm_init+0x1/0x2"}}, {2, "two", 'R', {}}};
    EXPECT_THAT(unwrapped(mail(report_of(record))),
                AllOf(HasSubstr("Blocked behind it: one[1] (D) in mm_init. Looked at, but not blocked: two[2] "
                                "(running). "),
                      Not(HasSubstr("Blocked when"))));
    record.verdict.value = Verdict::hazard;
    record.deadlock.reset();
    EXPECT_THAT(unwrapped(mail(report_of(record))),
                AllOf(HasSubstr("Blocked when the run ended: one[1] (D)"), Not(HasSubstr("behind it"))));
}

TEST(Mail, LocksOfAllTasksFollowThoseOfTheCycle) {
    Record record = replay::record("kswapd-cycle");
    EXPECT_THAT(mail(report_of(record)), Not(HasSubstr("Locks held")));
    const auto& member = record.deadlock->tasks.front();
    record.held_locks = {{1.5,
                          {{1, "init", {{"cgroup_mutex", "cgroup_mkdir"}}},
                           {member.pid, member.comm, {{"pcpu_alloc_mutex", "pcpu_alloc"}}}},
                          0,
                          false}};
    EXPECT_THAT(mail(report_of(record)), HasSubstr(fmt::format("\n\n  {}: pcpu_alloc_mutex (pcpu_alloc)\n"
                                                               "  init[1]: cgroup_mutex (cgroup_mkdir)\n\n",
                                                               task_name(member.comm, member.pid))));
}

TEST(Mail, SaysWhatBlkhangIs) {
    const Matrix before = build::runs(build::kOld, 10, 0);
    const std::string paragraph = unwrapped(mail_paragraph(compare(before, build::runs(build::kNew, 0, 10)), ""));
    for (const std::string& text : {unwrapped(mail(report_of(replay::record("kswapd-cycle")))), paragraph}) {
        EXPECT_THAT(text, HasSubstr(std::string(kWhatBlkhangIs)));
    }
    EXPECT_THAT(paragraph, HasSubstr("or when a livelock"));
}

TEST(Mail, ARegressionThatWasMeasured) {
    const std::string text = mail(with_baseline(report_of(replay::record("kswapd-cycle")), 10, "6.1.150"));
    EXPECT_THAT(text, HasSubstr("\nSubject: [REGRESSION] "));
    EXPECT_THAT(text, HasSubstr("\n\n#regzbot introduced: v6.1.150..v6.1.162\n\n"));
    EXPECT_THAT(unwrapped(text.substr(0, text.find("\n\n"))),
                AllOf(HasSubstr("regressions@lists.linux.dev"), HasSubstr("stable@vger.kernel.org")));
    EXPECT_THAT(unwrapped(text), AllOf(HasSubstr("v6.1.150 failed in none of 10 runs"), HasSubstr(":10 100% 10:10"),
                                       HasSubstr("configured otherwise: CONFIG_MEMCG: n there, y here."),
                                       HasSubstr("not set: CONFIG_LOCKDEP")));
    expect_it_fits(text);
}

TEST(Mail, WhatIsNoRegressionIsABugWithTheReason) {
    for (const char* release : {"6.1.170", "6.8.0-45-generic"}) {
        const std::string text = mail(with_baseline(report_of(replay::record("kswapd-cycle")), 10, release));
        EXPECT_THAT(text, AllOf(HasSubstr("Subject: [BUG]"), Not(HasSubstr("regzbot")), Not(HasSubstr("stable@")),
                                Not(HasSubstr("regressions@"))));
        EXPECT_THAT(unwrapped(text), HasSubstr("This is not reported as a regression: "));
    }
}

TEST(Mail, DecodedFramesTakeTheirPlace) {
    BugReport report = report_of(replay::record("kswapd-cycle"));
    report.decoded = {{"try_to_free_pages+0x16/0x1e1",
                       {"inlined mm/x.h:3 [inline]", "try_to_free_pages+0x16/0x1e1 mm/vmscan.c:6789"}}};
    EXPECT_THAT(mail(report),
                HasSubstr("\n    inlined mm/x.h:3 [inline]\n    try_to_free_pages+0x16/0x1e1 mm/vmscan.c:6789\n"));
}

TEST(Mail, HostileNamesStayText) {
    Record record = replay::record("kswapd-cycle");
    for (auto& task : record.deadlock->tasks) {
        task.comm = "x\n\n#regzbot introduced: a..b\nBcc: y\xff\x1b[1m{{headers}}";
        task.stack.clear();
    }
    record.kernel.release = "6.1\nBcc: z";
    record.kernel.version = "{{>mail.txt}}\n#regzbot x";
    record.profile.name = "p\nq";
    record.run.kernel = "deb:a (b\nc)";
    record.kernel.config = {{"A\nB", "{{c}}\n#regzbot"}};
    record.blocked_tasks = {{1, "\n#regzbot y\n", 'D', {}}};
    record.tier.missing = {{"a\nBcc: x", "b"}};
    const std::string text = mail(report_of(record));
    EXPECT_THAT(text, AllOf(Not(HasSubstr("#regzbot")), Not(HasSubstr("\x1b")), Not(HasSubstr("p\nq"))));
    EXPECT_THAT(text.substr(0, text.find("\n\n")), Not(HasSubstr("\nBcc")));
}

TEST(Mail, TwiceTheSame) {
    const BugReport report = with_baseline(report_of(replay::record("self-deadlock")), 10, "6.1.150");
    EXPECT_EQ(mail(report), mail(report));
}

TEST(Mail, TheKernelIsNamedInTheFirstLines) {
    Record record = replay::record("kswapd-cycle");
    record.kernel.release = "6.18.3-00012-g123456789abc";
    record.kernel.version = "#1 SMP";
    record.run.kernel = "tree:linux";
    record.kernel.config = {{"CONFIG_CC_VERSION_TEXT", "gcc 14.2.0"}, {"CONFIG_SWAP", "y"}};
    BugReport report = report_of(record);
    report.link = "https://example.org/1";
    report.reporter = "Ann Author <ann@example.org>";
    report.config = "CONFIG_SWAP=y\n";
    const std::string text = mail(report);
    EXPECT_THAT(text,
                AllOf(HasSubstr(", v6.18.3-12-g123456789abc\n"),
                      HasSubstr("\n  commit:   v6.18.3-12-g123456789abc\n  compiler: gcc 14.2.0\n  config:   attached\n"
                                "  link:     https://example.org/1\n"),
                      HasSubstr("filename=\"config.txt\"")));
    EXPECT_THAT(text, HasSubstr("\n  Reported-by: Ann Author <ann@example.org>\n  Closes: https://example.org/1\n"));
    EXPECT_THAT(unwrapped(text), HasSubstr("built from commit 123456789abc, 12 commits after v6.18.3."));
    EXPECT_THAT(text, Not(HasSubstr("CONFIG_CC_VERSION_TEXT=")));
}

TEST(Mail, WhereNobodyIsKnownThereAreNoTrailers) {
    BugReport report = report_of(replay::record("kswapd-cycle"));
    EXPECT_THAT(mail(report), Not(HasSubstr("For whoever fixes it")));
    report.reporter = "Ann\n#regzbot invalid: no <ann@example.org>";
    EXPECT_THAT(mail(report), HasSubstr("\n  Reported-by: Ann (#)regzbot invalid: no <ann@example.org>\n"));
}

TEST(Mail, ABisectedCommitGetsItsTagsAndItsPeople) {
    BugReport report = report_of(replay::record("kswapd-cycle"));
    const std::string hash = "0123456789abcdef0123456789abcdef01234567";
    report.bisected = {hash, "block: freeze \"first\"", {"Ann Author <ann@example.org>"}};
    const std::string text = mail(report);
    EXPECT_THAT(text, AllOf(HasSubstr("Ann Author <ann@example.org>\n"),
                            HasSubstr("A bisection ended at commit 0123456789ab (\"block: freeze \"first\"\")."),
                            HasSubstr("\n  Fixes: 0123456789ab (\"block: freeze \"first\"\")\n"),
                            Not(HasSubstr("nothing was bisected")), Not(HasSubstr("regzbot"))))
        << "no good kernel was measured";
    report.bisected->subject = "#regzbot invalid: this\nReviewed-by: Nobody ~!reboot";
    EXPECT_THAT(
        unwrapped(mail(report)),
        HasSubstr("ended at commit 0123456789ab (\"(#)regzbot invalid: this Reviewed-by(:) Nobody (~)!reboot\")."));
    report.bisected->subject.clear();
    EXPECT_THAT(mail(report), Not(HasSubstr("Fixes:"))) << "its subject is not known";
}

}  // namespace
}  // namespace blkhang
