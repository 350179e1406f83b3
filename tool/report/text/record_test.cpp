// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "base/text_width.h"
#include "base/words.h"
#include "record/testing/replay.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Sample {
    const char* stream;
    const char* plant;
    RunEnd end;
};

class TextSample : public testing::TestWithParam<std::tuple<Sample, std::size_t>> {};

// The golden texts beside the tests; BLKHANG_UPDATE_GOLDEN=1 renews them after a wanted change.
TEST_P(TextSample, LooksAsAgreed) {
    const auto& [sample, columns] = GetParam();
    const auto path = std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/report/text/testdata" /
                      fmt::format("{}.{}.txt", sample.stream, columns);
    const std::string text = render_text(replay::record(sample.stream, sample.plant, sample.end), {.columns = columns});
    if (std::getenv("BLKHANG_UPDATE_GOLDEN") != nullptr) {
        ASSERT_TRUE(write_file(path, text));
    }
    const auto agreed = read_file(path);
    ASSERT_TRUE(agreed) << agreed.error().message();
    EXPECT_EQ(text, *agreed);
}

INSTANTIATE_TEST_SUITE_P(
    Streams, TextSample,
    testing::Combine(testing::Values(Sample{"self-deadlock", "sync-alloc", {Ended::orderly, "", "tcg"}},
                                     Sample{"kswapd-cycle", "", {Ended::orderly, "", "tcg"}},
                                     Sample{"thrash", "", {Ended::orderly, "", "tcg"}},
                                     Sample{"nested-nowait", "", {Ended::orderly, "", "kvm"}},
                                     Sample{"lost-events", "", {Ended::orderly, "", "tcg"}},
                                     Sample{"vanished", "sync-alloc", {Ended::lost, "no line for 60 s", "tcg"}}),
                     testing::Values(80u, 120u)),
    [](const auto& info) {
        std::string name = fmt::format("{}_{}", std::get<0>(info.param).stream, std::get<1>(info.param));
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

/// Records of every kind, with names and messages that are too long, and hostile.
std::vector<Record> records() {
    std::vector<Record> all(1);  // the first of a machine that never booted
    all[0].verdict.reasons = {"the guest did not boot"};
    for (const char* stream : {"self-deadlock", "kswapd-cycle", "thrash", "nested-nowait", "lost-events", "vanished"}) {
        all.push_back(replay::record(stream));
    }
    Record hostile = replay::record("kswapd-cycle", "a-bug\033[2J");
    const std::string name = "<script>\n\033[31m \xc2\x9b\xff\xe6\xbc\xa2 " + std::string(300, 'x');
    hostile.verdict.reasons.push_back(name);
    hostile.profile.name = hostile.kernel.version = hostile.run.kernel = hostile.run.detail = name;
    hostile.tier.missing = {{name, name}};
    hostile.deadlock->tasks[0].comm = name;
    hostile.deadlock->tasks[1].waits_for = awaited_from(name);
    hostile.deadlock->tasks[0].stack.insert(hostile.deadlock->tasks[0].stack.begin(), name);
    hostile.blocked_tasks = {{7, name, 'D', {name, name}}};
    hostile.nesting[0].comm = name;
    hostile.nesting[0].pid = 1;
    hostile.coverage[0].id = name;
    hostile.load[name] = 1;
    const KernelReport report{KernelReport::Kind::hung_task, 0, name, {}, {}, {}};
    hostile.kernel_reports = {{1.5, report, name}};
    hostile.held_locks = {{1.5, {{7, name, {{name, name}, {name, ""}}}}, 1, false}};
    all.push_back(std::move(hostile));
    return all;
}

std::string without_colours(std::string_view text) {
    std::string plain;
    for (auto at = text.find('\033'); at != std::string_view::npos; at = text.find('\033')) {
        plain += text.substr(0, at);
        text.remove_prefix(text.find('m', at) + 1);
    }
    return plain.append(text);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// Words of commands are not cut; everything else has to fit.
void expect_within(const std::string& text, std::size_t columns) {
    bool in_command = false;
    for (const auto& line : lines_of(text)) {
        in_command = (in_command && line.starts_with("        ")) || line.starts_with("      $ ");
        EXPECT_TRUE(in_command || display_width(line) <= columns) << columns << ": " << line;
        EXPECT_FALSE(line.ends_with(' ')) << columns << ": '" << line << "'";
    }
}

TEST(Text, NoLineIsWiderThanTheTerminal) {
    for (const auto& record : records()) {
        for (const auto stacks : {Stacks::telling, Stacks::full}) {
            for (std::size_t columns = 60; columns <= 160; columns += 5) {
                expect_within(render_text(record, {.columns = columns, .stacks = stacks}), columns);
            }
        }
    }
}

TEST(Text, ColourChangesNothingElse) {
    for (const auto& record : records()) {
        for (const std::size_t columns : {60, 80, 120}) {
            EXPECT_EQ(without_colours(render_text(record, {.columns = columns, .colour = true})),
                      render_text(record, {.columns = columns}));
        }
    }
}

TEST(Text, WhatARecordHoldsCannotSteerTheTerminal) {
    const auto hostile = records().back();
    for (const auto stacks : {Stacks::telling, Stacks::full}) {
        const auto text = render_text(hostile, {.stacks = stacks});
        EXPECT_THAT(text, Not(HasSubstr("\033")));
        EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
        EXPECT_THAT(text, Not(HasSubstr("\xff")));
    }
}

TEST(Text, TheSameRecordGivesTheSameBytes) {
    for (const auto& record : records()) {
        EXPECT_EQ(render_text(record), render_text(record));
    }
}

TEST(Text, TheVerdictComesFirst) {
    EXPECT_THAT(render_text(replay::record("thrash")), testing::StartsWith("CLEAN  kvm-2011 on 6.1.0"));
}

TEST(Text, ColourIsOnlyWhereAskedFor) {
    const auto record = replay::record("self-deadlock");
    EXPECT_THAT(render_text(record), Not(HasSubstr("\033")));
    const std::string coloured = render_text(record, {.colour = true});
    EXPECT_THAT(coloured, testing::StartsWith("\033[1;31mHANG\033[0m"));
    EXPECT_THAT(coloured, HasSubstr("\033[1;31m=>\033[0m  pcpu_alloc"));
}

TEST(Text, EveryFrameIsThereForTheAsking) {
    const auto record = replay::record("self-deadlock");
    const auto whole = render_text(record, {.columns = 160, .stacks = Stacks::full});
    for (const auto& task : record.deadlock->tasks) {
        for (const auto& frame : task.stack) {
            EXPECT_THAT(whole, HasSubstr(frame));
        }
    }
    for (const auto& task : record.blocked_tasks) {
        for (const auto& frame : task.stack) {
            EXPECT_THAT(whole, HasSubstr(frame));
        }
    }
    EXPECT_THAT(whole, HasSubstr("reclaim in percpu_mutex, first:"));
    EXPECT_THAT(whole, Not(HasSubstr("... ")));
    EXPECT_THAT(render_text(record), Not(HasSubstr("+0x")));
}

TEST(Text, WhereATaskWaitsIsMarkedWhateverItWaitsFor) {
    EXPECT_THAT(render_text(replay::record("kswapd-cycle")),
                testing::AllOf(HasSubstr("throttle_direct_reclaim  <- waits for kswapd here\n"),
                               HasSubstr("<- took pcpu_alloc_mutex here\n"),
                               HasSubstr("<- waits for pcpu_alloc_mutex here\n")));
}

TEST(Text, AReasonIsGivenOnce) {
    const auto text = render_text(replay::record("kswapd-cycle"), {.columns = 1000});
    const auto first = text.find("owns pcpu_alloc_mutex and waits in ");
    ASSERT_NE(first, std::string::npos);
    EXPECT_EQ(text.find("owns pcpu_alloc_mutex and waits in ", first + 1), std::string::npos);
    EXPECT_EQ(text.find("; kswapd0[45] waits"), std::string::npos) << "the reason for the verdict, in other words";
}

TEST(Text, CommandsNameTheDirectory) {
    const auto text = render_text(replay::record("self-deadlock"), {.directory = "runs/one"});
    EXPECT_THAT(text, HasSubstr("      $ blkhang report runs/one --format mail\n"));
}

TEST(Text, ATemplateOfOnesOwnDecides) {
    const auto directory = TempDir::make("blkhang-templates").value();
    ASSERT_TRUE(write_file(directory.path() / "record.txt.mustache",
                           "{{verdict}}: {{#next_steps}}{{#commands}}[{{.}}]{{/commands}}{{/next_steps}} "
                           "a line that is longer than the terminal is wide, and so broken\n"));
    auto templates = Templates::built_in();
    ASSERT_TRUE(templates.replace_from(directory.path()));
    EXPECT_EQ(render_text(replay::record("self-deadlock", "sync-alloc"), {.columns = 60, .as_shipped = true}, templates)
                  .value(),
              "HANG: [blkhang run kvm-2011 --guest deb:6.1] a line that is\n"
              "longer than the terminal is wide, and so broken\n");

    ASSERT_TRUE(write_file(directory.path() / "record.txt.mustache", "{{#open}}"));
    ASSERT_TRUE(templates.replace_from(directory.path()));
    const auto damaged = render_text(replay::record("self-deadlock"), {}, templates);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().fault(), Fault::usage);
}

TEST(Text, TheKernelsOwnMessagesStandBesideTheFinding) {
    auto record = replay::record("self-deadlock");
    EXPECT_THAT(render_text(record), Not(HasSubstr("own messages"))) << "no section without a message";
    KernelReport report{
        KernelReport::Kind::hung_task, 0, "INFO: task sync:8 blocked for more than 120 seconds.", {}, {}, {}};
    record.kernel_reports = std::vector<Record::KernelMessage>(7, {121000.0, report, "names only bystanders"});
    EXPECT_THAT(render_text(record),
                HasSubstr("The kernel's own messages\n"
                          "  - 121.0 s: \"INFO: task sync:8 blocked for more than 120 seconds.\" (names only "
                          "bystanders)\n"));
    EXPECT_THAT(render_text(record), HasSubstr("and 2 more in record.json"));
}

TEST(Text, OfARunThatBrokeTheReasonComesFirstAndACycleIsNoVerdict) {
    Record record = replay::record("kswapd-cycle");
    record.verdict = {Verdict::error, {"the guest broke"}};
    const std::string text = render_text(record);
    EXPECT_LT(text.find("Why\n  - the guest broke\n"), text.find("A cycle of waits that had been seen"));
    EXPECT_THAT(text, AllOf(HasSubstr("blkhang:"), Not(HasSubstr("***")), Not(HasSubstr("How it is known"))));
    EXPECT_TRUE(is_finding(replay::record("kswapd-cycle")));
}

TEST(Text, HowItEndedIsSaidOnce) {
    Record record;
    record.verdict.reasons = {"the machine was lost: silent for 60 s"};
    record.run.ended = Ended::lost;
    record.run.detail = "silent for 60 s";
    EXPECT_THAT(render_text(record), AllOf(HasSubstr("ended: lost\n"), HasSubstr("lost: silent for 60 s\n")));
    record.verdict.reasons = {"another"};
    EXPECT_THAT(render_text(record), HasSubstr("ended: lost (silent for 60 s)\n"));
}

TEST(Text, NamesOfScopesAreWholeInATerminal) {
    Record record;
    record.verdict.reasons = {"another"};
    constexpr std::uint32_t kGfp = 0x61c40;  // some flags, whatever they are called
    record.nesting = {{Scope::percpu_alloc_nowait, Scope::percpu_alloc_nowait, 100, 70'000.0, {}, {}, kGfp, {}, {}}};
    EXPECT_THAT(render_text(record, {.columns = 80}),
                HasSubstr("\n  percpu_alloc_nowait  percpu_alloc_nowait    100    70.0 s  "));
}

TEST(Text, LocksOfTheCycleAreShownAndOthersOnlyInFull) {
    auto record = replay::record("kswapd-cycle");
    const auto& member = record.deadlock->tasks.front();
    record.held_locks = {
        {1.5,
         {{1, "init", {{"cgroup_mutex", "cgroup_mkdir"}}},
          {member.pid, member.comm, {{"&of->mutex", "bpf_trampoline_6442485506"}, {"pcpu_alloc_mutex", "pcpu_alloc"}}}},
         0,
         false}};
    const auto row = task_name(member.comm, member.pid) + ": &of->mutex, pcpu_alloc_mutex (pcpu_alloc)\n";
    EXPECT_THAT(render_text(record),
                AllOf(HasSubstr(row), Not(HasSubstr("cgroup_mutex")),
                      HasSubstr("not shown: those of tasks beside the cycle (1); they are in record.json")));
    EXPECT_THAT(render_text(record, {.stacks = Stacks::full}), HasSubstr("init[1]: cgroup_mutex (cgroup_mkdir)\n"));
    record.held_locks = {{1.5, {}, 0, true}};
    EXPECT_THAT(render_text(record, {.columns = 300}), HasSubstr("it had switched itself off"));
}

TEST(Text, EveryVerdictCanBeRendered) {
    Record record;
    for (const auto verdict : {Verdict::error, Verdict::hang, Verdict::hazard, Verdict::unsupported,
                               Verdict::inconclusive, Verdict::clean}) {
        record.verdict = {verdict, {"for a reason"}};
        const std::string text = render_text(record);
        EXPECT_THAT(text, HasSubstr("for a reason"));
        EXPECT_THAT(text, HasSubstr("an unknown kernel"));
        EXPECT_THAT(text, HasSubstr("What to do next\n  - "));
    }
}

TEST(Text, AGuestThatNeverBootedIsNamedByWhatWasAskedFor) {
    Record record;
    record.run.kernel = "file:/tmp/bzImage";
    record.verdict.reasons = {"the guest did not boot"};
    EXPECT_THAT(render_text(record), testing::StartsWith("ERROR"));
    EXPECT_THAT(render_text(record), HasSubstr("on file:/tmp/bzImage"));
}

}  // namespace
}  // namespace blkhang
