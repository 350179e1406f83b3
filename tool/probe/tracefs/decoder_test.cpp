// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/decoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "flags.h"

namespace blkhang {
namespace {

/// As Linux 6.1 describes a probe.
const std::string format_text =
    "name: kprobe_mutex_wait\n"
    "ID: 1712\n"
    "format:\n"
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
    "\n"
    "\tfield:unsigned long __probe_ip;\toffset:8;\tsize:8;\tsigned:0;\n"
    "\tfield:u64 frame;\toffset:16;\tsize:8;\tsigned:0;\n"
    "\tfield:u64 back;\toffset:24;\tsize:8;\tsigned:0;\n"
    "\tfield:u64 arg1;\toffset:32;\tsize:8;\tsigned:0;\n"
    "\tfield:u64 owner;\toffset:40;\tsize:8;\tsigned:0;\n"
    "\tfield:u32 ownerpid0;\toffset:48;\tsize:4;\tsigned:0;\n"
    "\tfield:u32 ownerpid1;\toffset:52;\tsize:4;\tsigned:0;\n"
    "\tfield:u64 ownerstill;\toffset:56;\tsize:8;\tsigned:0;\n"
    "\tfield:u32 depth;\toffset:64;\tsize:4;\tsigned:0;\n"
    "\n"
    "print fmt: \"(%lx) frame=0x%Lx\", REC->__probe_ip, REC->frame\n";

struct Record {
    std::uint16_t type = 1712;
    std::uint8_t flags = 0, preempt = 0;
    std::int32_t pid = 77;
    std::uint64_t ip = 1, frame = 0x1000, back = 0x2000, arg1 = 0x40;
    std::uint64_t owner = 0xffff888000010000;
    std::uint32_t pids[2] = {4711, 815};
    std::uint64_t still = owner;
    std::uint32_t depth = 3;
    std::uint32_t hole = 0;

    [[nodiscard]] std::string_view bytes() const { return {reinterpret_cast<const char*>(this), sizeof(*this)}; }
};

Decoder decoder(Decoder::Place place) {
    place.gfp = {0x40, 0x80, 0x10};
    return Decoder(RecordFormat::parse(format_text).value(), place);
}

TEST(RecordFormat, TellsWhereFieldsAre) {
    const auto format = RecordFormat::parse(format_text).value();
    EXPECT_EQ(format.id(), 1712U);
    EXPECT_EQ(format.field("common_pid").offset, 4U);
    EXPECT_EQ(format.field("depth").size, 4U);
    EXPECT_FALSE(format.field("absent").exists());
    EXPECT_FALSE(RecordFormat::parse("no format").has_value());
}

TEST(RecordField, ReadsNothingBeyondTheRecord) {
    EXPECT_EQ((RecordField{4, 4}.in(std::string_view("\1\0\0\0\2\0\0\0", 8))), 2U);
    EXPECT_EQ((RecordField{6, 4}.in(std::string_view("\1\0\0\0\2\0\0\0", 8))), 0U);
}

TEST(Decoder, TakesThePidThatIsReadForTheFlagsOfTheOwner) {
    Record record;
    const auto decode = decoder({.is_entry = true});
    EXPECT_EQ(decode.decode(5, record.bytes()).percpu_owner, 4711U);
    record.still = record.owner |= 1;  // others wait for it
    EXPECT_EQ(decode.decode(5, record.bytes()).percpu_owner, 815U);
    record.still = record.owner |= 4;  // it is handed to a waiter
    EXPECT_EQ(decode.decode(5, record.bytes()).percpu_owner, 0U);
    record.still = record.owner = 3;  // nobody has it
    EXPECT_EQ(decode.decode(5, record.bytes()).percpu_owner, 0U);
}

/// Seen on 6.1: a task that had just given the mutex back, whose pid was what an older record had left there.
TEST(Decoder, AnOwnerThatIsAnotherOneByThenHasNoPid) {
    Record record;
    record.still = 0;
    EXPECT_EQ(decoder({.is_entry = true}).decode(5, record.bytes()).percpu_owner, 0U);
}

TEST(Decoder, AnEntryLiesWhereItsReturnWillBe) {
    const Record record;
    EXPECT_EQ(decoder({.is_entry = true, .return_pops = 8}).decode(5, record.bytes()).frame, 0x1000U);
    EXPECT_EQ(decoder({.is_entry = false, .return_pops = 8}).decode(5, record.bytes()).frame, 0xff8U);
}

/// Where no return is watched there is none to miss.
TEST(Decoder, TheReturnAddressCountsOnlyWhereTheReturnIsProbed) {
    const Record record;
    EXPECT_EQ(decoder({.return_is_probed = true, .return_trampoline = 9}).decode(5, record.bytes()).return_address,
              0x2000U);
    EXPECT_EQ(decoder({.return_is_probed = false, .return_trampoline = 9}).decode(5, record.bytes()).return_address,
              9U);
}

TEST(Decoder, KnowsTheQueueAndItsDepth) {
    const Record record;
    const auto event = decoder({.takes_queue = true}).decode(5, record.bytes());
    EXPECT_EQ(event.queue, 0x40U);
    EXPECT_TRUE(event.has_depth);
    EXPECT_EQ(event.queue_depth, 3U);
    EXPECT_EQ(event.pid, 77U);
    EXPECT_EQ(event.at_ns, 5U);
}

TEST(Decoder, GfpBitsAreThoseOfTheBookkeeping) {
    Record record;
    record.arg1 = 0x10 | 0x40;
    EXPECT_EQ(decoder({.gfp_argument = 1}).decode(5, record.bytes()).arguments[0], GFP_DIRECT_RECLAIM | GFP_IO);
    EXPECT_EQ(decoder({.gfp_argument = 1, .may_always_sleep = true}).decode(5, record.bytes()).arguments[0],
              GFP_DIRECT_RECLAIM | GFP_IO | GFP_FS);
}

TEST(GfpBits, AreReadFromWhatEventsPrint) {
    const auto modern = GfpBits::in_format(
        R"({( unsigned long)(( gfp_t)0x40u), "__GFP_IO"}, {( unsigned long)(( gfp_t)0x80u), "__GFP_FS"}, )"
        R"({( unsigned long)(( gfp_t)0x400u), "__GFP_DIRECT_RECLAIM"})");
    ASSERT_TRUE(modern);
    EXPECT_EQ(modern->direct_reclaim, 0x400U);
    const auto old = GfpBits::in_format(
        R"({(unsigned long)(( gfp_t)0x10u), "GFP_WAIT"}, {(unsigned long)(( gfp_t)0x40u), "GFP_IO"}, )"
        R"({(unsigned long)(( gfp_t)0x80u), "GFP_FS"})");
    ASSERT_TRUE(old);
    EXPECT_EQ(old->direct_reclaim, 0x10U);
    const auto shifted = GfpBits::in_format(
        R"({( unsigned long)(( gfp_t)((1UL) << (6))), "__GFP_IO"}, {( unsigned long)((1UL << 7)), "__GFP_FS"}, )"
        R"({( unsigned long)((1UL << 10)), "__GFP_DIRECT_RECLAIM"})");
    ASSERT_TRUE(shifted);
    EXPECT_EQ(shifted->io, 0x40U);
    EXPECT_EQ(shifted->direct_reclaim, 0x400U);
    EXPECT_FALSE(GfpBits::in_format(R"({0x40, "__GFP_IO"})"));
}

/// As on 3.2, where __GFP_FS has no name.
TEST(GfpBits, OneWithoutANameIsWhatTwoMasksDifferIn) {
    const std::string kernel =
        R"({(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u) | (( gfp_t)0x80u)), "GFP_KERNEL"}, )";
    const std::string nofs = R"({(unsigned long)((( gfp_t)0x10u) | (( gfp_t)0x40u)), "GFP_NOFS"}, )";
    const std::string bits =
        R"({(unsigned long)(( gfp_t)0x10u), "GFP_WAIT"}, {(unsigned long)(( gfp_t)0x40u), "GFP_IO"})";
    const auto found = GfpBits::in_format(kernel + nofs + bits);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->fs, 0x80U);
    EXPECT_EQ(found->io, 0x40U);
    EXPECT_EQ(found->direct_reclaim, 0x10U);
    EXPECT_FALSE(GfpBits::in_format(kernel + bits));
    EXPECT_FALSE(GfpBits::in_format(nofs + nofs + bits));
    EXPECT_FALSE(GfpBits::in_format(nofs + R"({(unsigned long)0x3d0u, "GFP_KERNEL"}, )" + bits)) << "several bits";
}

}  // namespace
}  // namespace blkhang
