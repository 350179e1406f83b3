// SPDX-License-Identifier: GPL-2.0-only
#include "klog/lock_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

std::string lock_seen(std::string_view line) {
    const auto lock = lock_in(line);
    return lock ? fmt::format("{}{} {}{}{}", lock->number.empty() ? "" : "#", lock->number, lock->name,
                              lock->taken_at.empty() ? "" : " at ", lock->taken_at)
                : "none";
}

TEST(LockLine, EveryForm) {
    for (const auto& [line, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"ffff888104d5a1d8 (&q->q_usage_counter(io)#17){++++}-{0:0}, at: elv_store+0x1/0x2",
              " &q->q_usage_counter(io)#17 at elv_store"},
             {"(pcpu_alloc_mutex){+.+.?.}, at: [<ffffffff8112f4c5>] pcpu_alloc+0x6f/0x8f1",
              " pcpu_alloc_mutex at pcpu_alloc"},
             {"#1:  (&(&q->lock)->rlock){-.-.-.}, at: [<ffffffff8112f4c5>] f+0x6f/0x8f1", "#1 &(&q->lock)->rlock at f"},
             {"#12: ffffffff82000001 ((wq_completion)kblockd){+.+.}-{0:0}, at: process_one_work+0x1/0x2",
              "#12 (wq_completion)kblockd at process_one_work"},
             {"#0: (____ptrval____) (&type->s_umount_key#40){++++}, at: iterate+0x1/0x2",
              "#0 &type->s_umount_key#40 at iterate"},
             {"00000000(ptrval) (a_mutex){+.+.}, at: f+0x1/0x2", " a_mutex at f"},
             {"-> #2 (fs_reclaim){+.+.}-{0:0}:", "#2 fs_reclaim"},
             {"ffff888104d5a1d8", " "},
             {"-> #2", "#2 "},
             {"(", " "},
         }) {
        EXPECT_EQ(lock_seen(line), expected) << line;
    }
}

TEST(LockLine, WhetherAllIsTold) {
    EXPECT_TRUE(lock_in("(a){+.+.}, at: f+0x1/0x2").value().whole);
    EXPECT_TRUE(lock_in("-> #1 (a){+.+.}:").value().whole);
    EXPECT_FALSE(lock_in("(a){+.+.}").value().whole);
    EXPECT_FALSE(lock_in("(a){+.+.}, at:").value().whole);
    EXPECT_TRUE(lock_in("(a){+.+.}, at: g include/linux/blk.h:7 [inline]").value().inlined);
}

TEST(LockLine, OtherLinesAreNone) {
    for (const char* line : {"", "text (x){y}", "(x)", "#: (x){y}", "-> (x){y}", "#1 (x){y}"}) {
        EXPECT_EQ(lock_seen(line), "none") << line;
    }
}

TEST(LockLine, Takers) {
    for (const char* line : {"a b/7 is trying to acquire lock:", "a b/7 is trying to lock:",
                             "a b/7 [HC0[0]:SC0[2]:HE1:SE0] is trying to acquire:",
                             "a b/7 [HC0[0]:SC0[0]:HE1:SE1] takes:", "a b/7 just changed the state of lock:"}) {
        EXPECT_EQ(lock_taker(line), (kernel_text::TaskView{"a b", 7, {}})) << line;
    }
    EXPECT_FALSE(lock_taker("a is trying to acquire lock:"));
    EXPECT_FALSE(lock_taker("a/7 is trying to acquire lock"));
}

}  // namespace
}  // namespace blkhang
