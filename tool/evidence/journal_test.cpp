// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/file.h"
#include "evidence/aligned.h"
#include "evidence/journal_reader.h"
#include "evidence/testing/blocks.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kBytes = std::uint64_t{2} << 20U;

/// A journal in a file, and a hand that writes into it what a writer would.
class JournalTest : public testing::Test {
protected:
    void SetUp() override {
        const auto head = journal_head(layout_);
        ASSERT_TRUE(write_file(path_, std::string(head.data(), head.size())));
        std::filesystem::resize_file(path_, layout_.blocks() * JournalLayout::kBlock);
    }

    std::unique_ptr<JournalOutlet> open(const EvidenceId& boot) {
        auto outlet = JournalOutlet::make(Fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC)), Fd(), 0, layout_, boot);
        EXPECT_TRUE(outlet);
        return std::move(*outlet);
    }
    /// One line in a block of its own.
    static void write(JournalOutlet& outlet, std::uint64_t sequence, const std::string& line,
                      Weight weight = Weight::passing, std::uint8_t boot = 1, std::uint8_t run = 2) {
        const auto payload = sample::payload({line});
        auto block = sample::block(sequence, payload);
        block.boot = sample::id(boot);
        block.run = sample::id(run);
        block.generation = outlet.form().generation;
        EXPECT_EQ(outlet.put(sample::bytes(block, outlet.seal(), JournalLayout::kBlock), block.kind, weight), 0);
    }
    static void live(JournalOutlet& outlet, std::uint64_t sequence, std::uint64_t uptime_s, std::uint8_t boot = 1,
                     std::uint8_t run = 2) {
        auto block = sample::block(sequence);
        block.boot = sample::id(boot);
        block.run = sample::id(run);
        block.generation = outlet.form().generation;
        block.uptime_ns = uptime_s * 1'000'000'000;
        EXPECT_EQ(outlet.put(sample::bytes(block, outlet.seal(), JournalLayout::kBlock), block.kind, Weight::passing),
                  0);
    }
    /// Overwrites the end of a block, as a write that was cut off leaves it.
    void tear(std::uint64_t block) {
        const Fd file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
        const std::string old(512, 'x');
        ASSERT_EQ(::pwrite(file.get(), old.data(), old.size(),
                           static_cast<off_t>(block * JournalLayout::kBlock + JournalLayout::kBlock - old.size())),
                  512);
    }
    std::vector<SurvivingRun> read() {
        auto runs = read_journal(path_);
        EXPECT_TRUE(runs);
        return runs.value_or(std::vector<SurvivingRun>{});
    }
    /// Where the ring of that part begins.
    [[nodiscard]] std::uint64_t ring(std::uint64_t part = 0) const {
        return layout_.first_of(part) + JournalLayout::kLife + JournalLayout::kOpening + layout_.proofs();
    }

    TempDir directory_ = *TempDir::make("journal");
    std::filesystem::path path_ = directory_.path() / "journal";
    JournalLayout layout_ = JournalLayout::of(kBytes);
};

TEST_F(JournalTest, GivesBackWhatWasWritten) {
    const auto outlet = open(sample::id(1));
    live(*outlet, 0, 1);
    write(*outlet, 1, "hello", Weight::opening);
    write(*outlet, 2, "wait");
    write(*outlet, 3, "proof", Weight::proof);
    live(*outlet, 3, 9);
    const auto runs = read();
    ASSERT_THAT(runs, SizeIs(1));
    EXPECT_THAT(runs[0].lines, ElementsAre("hello", "wait", "proof"));
    EXPECT_FALSE(runs[0].has_gap());
    EXPECT_EQ(runs[0].host, "kvm7");
    EXPECT_EQ(runs[0].boot, sample::id(1));
    EXPECT_EQ(runs[0].last->uptime_ns, 9'000'000'000U);
}

TEST_F(JournalTest, ATornBlockIsSkippedAndItsGapIsKnown) {
    const auto outlet = open(sample::id(1));
    for (std::uint64_t i = 1; i <= 4; ++i) {
        write(*outlet, i, fmt::format("line {}", i));
    }
    live(*outlet, 4, 9);
    tear(ring() + 2);
    auto run = read().at(0);
    EXPECT_THAT(run.lines, ElementsAre("line 1", "line 2", "line 4"));
    EXPECT_THAT(run.gaps, ElementsAre(2));
    EXPECT_EQ(run.damaged, 1U);
    tear(ring() + 3);
    run = read().at(0);
    EXPECT_THAT(run.lines, ElementsAre("line 1", "line 2"));
    EXPECT_THAT(run.gaps, ElementsAre(2)) << "the sign of life knows that there were more";
    EXPECT_EQ(run.missing, 2U);
}

TEST_F(JournalTest, AByteThatChangedMakesABlockNoEvidence) {
    const auto outlet = open(sample::id(1));
    write(*outlet, 1, R"({"t":"end","at_ns":1,"taint":0})");
    auto content = *read_file(path_);
    const auto at = content.find("taint");
    ASSERT_NE(at, std::string::npos);
    content[at] = 'T';
    ASSERT_TRUE(write_file(path_, content));
    EXPECT_THAT(read(), IsEmpty());
}

TEST_F(JournalTest, ATornSignOfLifeLeavesTheOneBefore) {
    const auto outlet = open(sample::id(1));
    live(*outlet, 0, 1);
    live(*outlet, 0, 2);
    tear(layout_.first_of(0) + 1);
    EXPECT_EQ(read().at(0).last->uptime_ns, 1'000'000'000U);
}

TEST_F(JournalTest, TheRingKeepsTheLatestAndWhatCountsStays) {
    const auto outlet = open(sample::id(1));
    write(*outlet, 1, "hello", Weight::opening);
    const std::uint64_t last = layout_.ring() * 2 + 5;
    for (std::uint64_t i = 2; i <= last; ++i) {
        write(*outlet, i, fmt::format("line {}", i));
    }
    live(*outlet, last, 9);
    const auto run = read().at(0);
    EXPECT_THAT(run.lines, SizeIs(layout_.ring() + 1));
    EXPECT_EQ(run.lines.front(), "hello");
    EXPECT_EQ(run.lines.back(), fmt::format("line {}", last));
    EXPECT_THAT(run.gaps, ElementsAre(1));
    EXPECT_EQ(run.damaged, 0U);
}

TEST_F(JournalTest, WhatPassesAfterwardsNeverOverwritesAProof) {
    const auto outlet = open(sample::id(1));
    write(*outlet, 1, "proof", Weight::proof);
    const std::uint64_t last = layout_.part * 3;
    for (std::uint64_t i = 2; i <= last; ++i) {
        write(*outlet, i, fmt::format("line {}", i));
    }
    auto run = read().at(0);
    EXPECT_EQ(run.lines[0], "proof");
    EXPECT_EQ(run.lines[1], "line 2") << "what follows it, too";
    EXPECT_EQ(run.lines.back(), fmt::format("line {}", last));
    write(*outlet, last + 1, "another proof", Weight::proof);
    write(*outlet, last + 2, "what follows");
    run = read().at(0);
    EXPECT_THAT(run.lines, testing::IsSupersetOf({"another proof", "what follows"}));
    EXPECT_NE(run.lines[0], "proof") << "the latest hang is the one that matters";
}

TEST_F(JournalTest, EachRunHasAPartAndThoseOfAnEarlierBootStay) {
    for (std::uint8_t boot = 1; boot <= 2; ++boot) {
        const auto outlet = open(sample::id(boot));
        write(*outlet, 1, fmt::format("boot {}", boot), Weight::opening, boot, boot);
        live(*outlet, 1, boot, boot, boot);
    }
    for (std::uint8_t again = 10; again < 20; ++again) {  // a watcher that is restarted in boot 3
        const auto outlet = open(sample::id(3));
        write(*outlet, 1, fmt::format("run {}", again), Weight::opening, 3, again);
        live(*outlet, 1, again, 3, again);
    }
    const auto runs = read();
    ASSERT_THAT(runs, SizeIs(4));
    EXPECT_THAT(runs[0].lines, ElementsAre("run 19"));
    EXPECT_THAT(runs[1].lines, ElementsAre("run 18"));
    EXPECT_THAT(runs[2].lines, ElementsAre("boot 2"));
    EXPECT_THAT(runs[3].lines, ElementsAre("boot 1"));
    const auto outlet = open(sample::id(4));
    write(*outlet, 1, "boot 4", Weight::opening, 4, 4);
    EXPECT_THAT(read().back().lines, ElementsAre("boot 2")) << "the oldest gives way to another boot";
}

TEST_F(JournalTest, AProofGivesWayLast) {
    for (std::uint8_t boot = 1; boot <= 9; ++boot) {
        const auto outlet = open(sample::id(boot));
        live(*outlet, 0, 1, boot, boot);
        write(*outlet, 1, fmt::format("boot {}", boot), boot == 2 ? Weight::proof : Weight::passing, boot, boot);
    }
    const auto runs = read();
    ASSERT_THAT(runs, SizeIs(4));
    EXPECT_THAT(runs[0].lines, ElementsAre("boot 9"));
    EXPECT_THAT(runs[3].lines, ElementsAre("boot 2"));
}

TEST_F(JournalTest, WhatAnEarlierRunLeftInAPartIsNoEvidenceOfTheOneThatTookIt) {
    {
        const auto outlet = open(sample::id(1));
        for (std::uint64_t i = 1; i <= 20; ++i) {
            write(*outlet, i, "old");
        }
        live(*outlet, 20, 5);
    }
    for (std::uint8_t boot = 2; boot <= 5; ++boot) {
        const auto outlet = open(sample::id(boot));
        write(*outlet, 1, "new", Weight::passing, boot, boot);
        live(*outlet, 1, 1, boot, boot);
    }
    for (const auto& run : read()) {
        EXPECT_THAT(run.lines, ElementsAre("new"));
        EXPECT_EQ(run.damaged, 0U);
    }
}

TEST_F(JournalTest, AFullDiskIsAnErrorOfTheWriter) {
    auto outlet = JournalOutlet::make(Fd(::open("/dev/full", O_RDWR | O_CLOEXEC)), Fd(), 0, layout_, sample::id(1));
    ASSERT_TRUE(outlet);
    const auto bytes = sample::bytes(sample::block(1, "x"), Seal::checksum(), JournalLayout::kBlock);
    EXPECT_EQ((*outlet)->put(bytes, EvidenceBlock::Kind::lines, Weight::passing), ENOSPC);
}

TEST(JournalHead, IsReadBackAndNothingElseIs) {
    const auto layout = JournalLayout::of(std::uint64_t{16} << 20U);
    auto head = journal_head(layout);
    const std::string_view bytes(head.data(), head.size());
    ASSERT_TRUE(read_journal_head(bytes));
    EXPECT_EQ(read_journal_head(bytes)->part, layout.part);
    EXPECT_FALSE(read_journal_head(bytes.substr(1)));
    EXPECT_FALSE(read_journal_head(std::string(4096, '\0')));
    head[40] = static_cast<char>(head[40] + 1);
    EXPECT_FALSE(read_journal_head(bytes));
    EXPECT_FALSE(read_journal_head({journal_head({1}).data(), head.size()})) << "smaller than any";
    EXPECT_FALSE(read_journal_head({journal_head({UINT64_MAX / 4}).data(), head.size()})) << "larger than any";
}

TEST_F(JournalTest, WhatIsNoJournalIsTheUsersError) {
    ASSERT_TRUE(write_file(path_, "text"));
    const auto read = read_journal(path_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault(), Fault::usage);
    EXPECT_FALSE(read_journal(directory_.path() / "nothing"));
    EXPECT_FALSE(read_journal(directory_.path()));
    EXPECT_FALSE(read_journal(std::filesystem::path("/dev/null")));
}

}  // namespace
}  // namespace blkhang
