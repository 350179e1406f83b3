// SPDX-License-Identifier: GPL-2.0-only
#include "klog/frame.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

/// "function[module] source ? inline", or "none".
std::string frame_seen(std::string_view line) {
    const auto frame = frame_in(line);
    if (!frame) {
        return "none";
    }
    return fmt::format("{}{}{}{}{}{}{}", frame->function, frame->module.empty() ? "" : "[", frame->module,
                       frame->module.empty() ? "" : "]", frame->source.empty() ? "" : " ", frame->source,
                       frame->doubted && frame->inlined ? " ? inline"
                       : frame->doubted                 ? " ?"
                       : frame->inlined                 ? " inline"
                                                        : "");
}

TEST(Frame, EveryForm) {
    for (const auto& [line, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"blk_mq_get_tag+0x11a/0x2b0", "blk_mq_get_tag"},
             {"? blk_mq_get_tag+0x11a/0x2b0", "blk_mq_get_tag ?"},
             {"blk_throtl_bio.isra.0+0x1/0x2", "blk_throtl_bio.isra.0"},
             {"crypt_map+0x1/0x2 [dm_crypt]", "crypt_map[dm_crypt]"},
             {"crypt_map+0x1/0x2 [dm_crypt 0123456789abcdef0123456789abcdef01234567]", "crypt_map[dm_crypt]"},
             {"[<ffffffff8112f4c5>] pcpu_alloc+0x6f/0x8f1", "pcpu_alloc"},
             {"[<ffffffff8112f4c5>] ? pcpu_alloc+0x6f/0x8f1", "pcpu_alloc ?"},
             {"[<0>] io_schedule+0x1/0x2", "io_schedule"},
             {"<IRQ>  [<ffffffff8112f4c5>] tick+0x6f/0x8f1", "tick"},
             {"<EOI>  [<ffffffff8112f4c5>] ? cpu_idle+0x6f/0x8f1", "cpu_idle ?"},
             {"<<EOE>>  <#DF>  [<ffffffff8112f4c5>] f+0x6f/0x8f1", "f"},
             {"[c0000000fe1b3a10] [c0000000000f1a2c] .io_schedule+0x1c/0x40 (unreliable)", "io_schedule ?"},
             {"[c0000000fe1b3a10] [c0000000000f1a2c] io_schedule+0x1c/0x40", "io_schedule"},
             {"[0000000000451234] io_schedule+0x1c/0x40", "io_schedule"},
             {"([<000000000011b9ee>] show_trace+0x1/0x2)", "show_trace ?"},
             {"[<000000000011b9ee>] show_trace+0x1/0x2 ", "show_trace"},
             {"io_schedule+0x1c/0x40 (P)", "io_schedule"},
             {"io_schedule+0x1c/0x40 [xfs] (CF)", "io_schedule[xfs]"},
             {"[<c0612345>] (schedule+0x5c/0xb8) from [<c0123456>] (io_schedule+0x1/0x2)", "schedule"},
             {"[<c0612345>] (schedule) from [<c0123456>] (io_schedule+0x1/0x2)", "schedule"},
             {"schedule from io_schedule+0x1/0x2", "schedule"},
             {"elv_iosched_store+0x1/0x2 block/elevator.c:715", "elv_iosched_store block/elevator.c:715"},
             {"elevator_switch block/elevator.c:601 [inline]", "elevator_switch block/elevator.c:601 inline"},
             {"crypt_map+0x1/0x2 [dm_crypt] drivers/md/dm-crypt.c:9 (discriminator 4)",
              "crypt_map[dm_crypt] drivers/md/dm-crypt.c:9"},
             {"elv_iosched_store (block/elevator.c:715)", "elv_iosched_store block/elevator.c:715"},
             {"elv_iosched_store (block/elevator.c:715 block/elevator.c:799)",
              "elv_iosched_store block/elevator.c:715"},
             {"? crypt_map (drivers/md/dm-crypt.c:9 (discriminator 4)) dm_crypt",
              "crypt_map[dm_crypt] drivers/md/dm-crypt.c:9 ?"},
             {"entry_SYSCALL_64 (??:?)", "entry_SYSCALL_64"},
         }) {
        EXPECT_EQ(frame_seen(line), expected) << line;
    }
}

TEST(Frame, WhatHasOffsetOrAddressIsCertain) {
    EXPECT_TRUE(frame_in("f+0x1/0x2").value().certain);
    EXPECT_TRUE(frame_in("[<c0612345>] (schedule) from [<c0123456>] (g+0x1/0x2)").value().certain);
    EXPECT_FALSE(frame_in("f (a/b.c:1)").value().certain);
    EXPECT_TRUE(frame_in("schedule from g+0x1/0x2").value().certain) << "arm prints no heading before it";
    EXPECT_TRUE(frame_in("schedule from g+0x1/0x2 [xfs]").value().certain);
    EXPECT_FALSE(frame_in("schedule from g").value().certain);
    EXPECT_FALSE(frame_in("called from g+0x1/0x2 and elsewhere").value().certain);
}

TEST(Frame, OtherLinesAreNone) {
    for (const char* line : {"",
                             "RIP: 0010:f+0x1/0x2",
                             "pc : f+0x1/0x2",
                             "NIP [c0000000000f1a2c] f+0x1/0x2",
                             "0xffffffffc0001234",
                             "[<ffffffff8112f4c5>] 0xffffffff8112f4c5",
                             "Code: 00 11",
                             "f+0x1/0x2 and more",
                             "f+0x1",
                             "__sched",
                             "Call Trace:",
                             "WARNING: at f+0x1/0x2",
                             "<TASK>",
                             "eth0: link up",
                             "sd (1:2)",
                             "Workqueue: events f (g)",
                             "[<",
                             "?",
                             "(",
                             "([<)"}) {
        EXPECT_EQ(frame_seen(line), "none") << line;
    }
}

TEST(Frame, InWordsTheFunctionComesFirst) {
    EXPECT_EQ(in_words(frame_in("? f+0x1/0x2 [m 0123456789] a/b.c:1").value()), "f+0x1/0x2 [m] a/b.c:1 (unreliable)");
    EXPECT_EQ(in_words(frame_in("f a/b.c:1 [inline]").value()), "f a/b.c:1 [inline]");
}

}  // namespace
}  // namespace blkhang
