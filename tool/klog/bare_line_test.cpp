// SPDX-License-Identifier: GPL-2.0-only
#include "klog/bare_line.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace blkhang {
namespace {

TEST(BareLine, EveryPrefixIsTakenOff) {
    for (const char* line : {
             "text",
             "<6>text",
             "[    1.234567] text",
             "[1.2][  T848]  text",
             "<4>[    1.234567][    C1] text",
             "[Sat Mar  7 04:05:06 2026] text",
             "[Mar 7 04:05] text",
             "[  +0.000231] text",
             "[   77.000001 <    0.000231>] text",
             "kern  :warn  : [   77.000001] text",
             "kern  :err   : [Sat Mar  7 04:05:06 2026] text",
             "kern  :info  : 2026-03-07T04:05:06,123456+01:00 text",
             "2026-03-07T04:05:06,123456+01:00 text",
             "6,321,77000001,-;text",
             "4,321,77000001,-,caller=C1;text",
             "6.12.9-amd64,4,321,77000001,-;text",
             "Mar 07 04:05:06 db7 kernel: text",
             "Mar  7 04:05:06.123456 db7 kernel: text",
             "Mar  7 04:05:06 kernel: text",
             "Mar  7 04:05:06 db7 kernel: [   77.000001] text",
             "Mar  7 04:05:06 db7 kern.info kernel: [   77.000001] text",
             "Mar  7 04:05:06 db7 kernel: kernel: text",
             "Mar  7 04:05:06 10.0.0.9 [   77.000001] text",
             "Sat 2026-03-07 04:05:06 CET db7 kernel: text",
             "2026-03-07T04:05:06+0100 db7 kernel: text",
             "2026-03-07T04:05:06.123456+01:00 db7 kernel: [   77.000001] text",
             "[   77.000001] db7 kernel: text",
             "1772852706.123456 db7 kernel: text",
             "<4>1 2026-03-07T04:05:06.1Z db7 kernel - - - text",
             "2026-03-07T04:05:06.123456789Z stderr F [   77.000001] text",
             "2026-03-07 04:05:06 [   77.000001] text",
             "[2026-03-07 04:05:06] [   77.000001] text",
             "[04:05:06] [   77.000001] text",
             "04:05:06 [   77.000001] text",
             "kernel: [   77.000001] text",
             "> > [   77.000001] text",
             ">>Mar 07 04:05:06 db7 kernel: text",
             "   77.000001] text",
             ".000001] text",
             "<3>[   77.000001]  (1)[35:khungtaskd]text",
             "[   77.000001] I[0:  khungtaskd:   35] text",
             "[   77.000001] [pid:35,cpu1,khungtaskd]text",
             "[   77.000001@1] text",
             "| [   77.000001] text",
             "  811\t[   77.000001] text",
             "kern.log:[   77.000001] text",
             "/var/log/messages-20260307.gz:811:Mar 07 04:05:06 db7 kernel: text",
             "Mar  7 04:05:06 loghost db7 kernel: text",
         }) {
        EXPECT_EQ(bare_line(line).text, "text") << line;
        EXPECT_FALSE(bare_line(line).is_foreign) << line;
        EXPECT_EQ(bare_line(line).has_prefix, std::string_view(line) != "text") << line;
    }
}

TEST(BareLine, TimeSinceBootIsTakenOverAndNoOther) {
    for (const char* line : {"[   77.000001] text", "<3>[77.000001][ T1] text", "6,321,77000001,-;text",
                             "Mar  7 04:05:06 db7 kernel: [   77.000001] text", "   77.000001] text"}) {
        EXPECT_EQ(bare_line(line).at_ns, 77'000'001'000U) << line;
    }
    for (const char* line : {"text", "Mar 07 04:05:06 db7 kernel: text", "[Sat Mar  7 04:05:06 2026] text",
                             "[  +0.000231] text", "1772852706.123456 db7 kernel: text"}) {
        EXPECT_FALSE(bare_line(line).at_ns) << line;
    }
}

TEST(BareLine, ClocksOnTheWallTellHowFarLinesAreApart) {
    struct Pair {
        const char *earlier, *later;
    };
    constexpr std::uint64_t kApart = 26 * 3600 + 2;  // without a year a February has 29 days
    for (const auto& [earlier, later] : {
             Pair{"Feb 28 23:00:05 db7 kernel: text", "Mar 01 01:00:07 db7 kernel: text"},
             Pair{"[Sat Feb 28 23:00:05 2026] text", "[Mon Mar  2 01:00:07 2026] text"},
             Pair{"2026-02-28T23:00:05.9+01:00 db7 kernel: text", "2026-03-02T01:00:07.1+01:00 db7 kernel: text"},
             Pair{"Sat 2026-02-28 23:00:05 CET db7 kernel: text", "Mon 2026-03-02 01:00:07 CET db7 kernel: text"},
             Pair{"1772852706.123456 db7 kernel: text", "1772946308.123456 db7 kernel: text"},
         }) {
        const auto one = bare_line(earlier).clock_ns;
        const auto other = bare_line(later).clock_ns;
        ASSERT_TRUE(one && other) << earlier;
        EXPECT_EQ(*other - *one, kApart * kNsPerS) << earlier;
    }
    EXPECT_EQ(*bare_line("23:00:05 text").clock_ns - *bare_line("04:00:05 text").clock_ns, 19 * 3600 * kNsPerS);
    for (const char* line : {"text", "[   77.000001] text", "[  +0.000231] text", "6,321,77000001,-;text"}) {
        EXPECT_FALSE(bare_line(line).clock_ns) << line;
    }
    EXPECT_TRUE(bare_line("2026-99-99T99:99:99 db7 kernel: text").clock_ns) << "what it is does not matter";
}

TEST(BareLine, TheCallerIsTakenOver) {
    EXPECT_EQ(bare_line("[1.2][  T848] text").caller, "T848");
    EXPECT_EQ(bare_line("4,321,77000001,-,caller=C1;text").caller, "C1");
    EXPECT_EQ(bare_line("[1.2] (0)[35:khungtaskd]text").caller, "35:khungtaskd");
    EXPECT_EQ(bare_line("[1.2] text").caller, "");
}

TEST(BareLine, WhatOnlyLooksLikeAPrefixStays) {
    for (const char* line :
         {"[<ffffffff8112f4c5>] pcpu_alloc+0x6f/0x8f1", "[ INFO: inconsistent lock state ]", "<TASK>",
          "[vda] 524288 blocks", "[unfinished", "[c000000001000001] [c000000000000001] f+0x1/0x2",
          "[8086:1237] type 00", "Marvellous 7 04:05:06", "kernel BUG at mm/slub.c:1!",
          "1 lock held by a/1:", "6 of 7; rest"}) {
        EXPECT_EQ(bare_line(line).text, line);
        EXPECT_FALSE(bare_line(line).has_prefix) << line;
    }
}

TEST(BareLine, OtherProgramsAreTold) {
    for (const char* line :
         {"Mar 07 04:05:06 db7 sshd[811]: Call Trace:", "2026-03-07T04:05:06+0100 db7 systemd[1]: Call Trace:",
          "[   77.000001] db7 systemd[1]: Call Trace:", "daemon:info  : [ 1.0] systemd[1]: x", "30,321,77000001,-;x",
          "<30>[   77.000001] systemd[1]: x", "<30>1 2026-03-07T04:05:06.1Z db7 app - - - x"}) {
        EXPECT_TRUE(bare_line(line).is_foreign) << line;
    }
}

TEST(BareLine, WordsOfTheKernelAreNoProgram) {
    EXPECT_EQ(bare_line("Mar  7 04:05:06 10.0.0.9 INFO: task a:1").text, "INFO: task a:1");
    EXPECT_EQ(bare_line("Mar  7 04:05:06 10.0.0.9 Call Trace:").text, "Call Trace:");
    EXPECT_EQ(bare_line("Mar  7 04:05:06 db7 kernel:  f+0x1/0x2").text, "f+0x1/0x2");
}

TEST(BareLine, AnyBytesAreRead) {
    for (const char* line : {"",         " ",
                             ">",        "<",
                             "<6",       "<6>",
                             "[",        "[]",
                             "[ ]",      "[1.",
                             "Mar",      "Mar ",
                             "Mar 7",    "Mar  7 04:05:06",
                             "Sat ",     "2026-03-07T04:05:06",
                             "6,1,2,-;", ";",
                             "1,;",      "kern",
                             "kern:",    ".]",
                             "1.1]",     "kernel: "}) {
        EXPECT_LE(bare_line(line).text.size(), std::string_view(line).size()) << line;
    }
}

TEST(BareLine, WhatOnlyLooksLikeSurroundingsStays) {
    for (const char* line : {"kernel/locking/mutex.c:598 [inline]", "811 [mod]x", "nfs: server not responding",
                             "INFO: task a.log:811 blocked for more than 122 seconds."}) {
        const bool has_number = std::string_view(line).starts_with("811");
        EXPECT_EQ(bare_line(line).text, has_number ? "[mod]x" : line);
    }
}

TEST(BareLine, RecordsAreCountedAndMayComeInPieces) {
    const auto whole = bare_line("6.12.9,6,2201,77000001,-;text");
    EXPECT_EQ(whole.sequence, 2201U);
    EXPECT_EQ(whole.piece_of, 0U);
    const auto piece = bare_line("6,2202,77000001,-,ncfrag=5/12; [1.0] two ");
    EXPECT_EQ(piece.sequence, 2202U);
    EXPECT_EQ(piece.piece_of, 12U);
    EXPECT_EQ(piece.text, " [1.0] two ") << "it is the middle of a line";
}

}  // namespace
}  // namespace blkhang
