// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/block_writer.h"

#include <gmock/gmock.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "evidence/pieces.h"
#include "evidence/testing/blocks.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

/// What went out, and what happens to what goes.
struct Way {
    std::mutex lock;
    std::vector<std::string> blocks;
    std::vector<Weight> weights;
    std::condition_variable opened;
    bool shut = false;          ///< nothing comes back from there until it is opened
    std::atomic<int> fails{0};  ///< with this errno
};

class TestOutlet final : public BlockOutlet {
public:
    explicit TestOutlet(std::shared_ptr<Way> way) : way_(std::move(way)) {}
    [[nodiscard]] Form form() const override { return {512, false, true, 0}; }
    [[nodiscard]] const Seal& seal() const override { return seal_; }
    [[nodiscard]] std::string_view name() const override { return "way out"; }
    int put(std::string_view bytes, EvidenceBlock::Kind /*kind*/, Weight weight) override {
        std::unique_lock guard(way_->lock);
        way_->opened.wait(guard, [this] { return !way_->shut; });
        if (way_->fails != 0) {
            return way_->fails;
        }
        way_->blocks.emplace_back(bytes);
        way_->weights.push_back(weight);
        return 0;
    }

private:
    std::shared_ptr<Way> way_;
    Seal seal_ = Seal::checksum();
};

std::vector<std::string> lines_of(Way& way) {
    const std::scoped_lock guard(way.lock);
    std::vector<std::string> lines;
    LineJoiner joiner;
    for (const std::string& bytes : way.blocks) {
        const auto block = read_block(bytes, Seal::checksum());
        EXPECT_TRUE(block);
        if (block) {
            joiner.payload(block->payload, [&](std::string_view line) { lines.emplace_back(line); });
        }
    }
    return lines;
}

std::unique_ptr<BlockWriter> started(const std::shared_ptr<Way>& way) {
    auto writer = BlockWriter::start(std::make_unique<TestOutlet>(way), {sample::id(1), sample::id(2), "kvm7"});
    EXPECT_TRUE(writer);
    return std::move(*writer);
}

template <class Condition>
bool comes_true(const Condition& condition) {
    for (const auto deadline = Deadline::after(std::chrono::seconds(20)); !deadline.passed();) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

TEST(BlockWriter, GivesASignOfLifeBeforeAnythingElse) {
    const auto way = std::make_shared<Way>();
    const auto writer = started(way);
    const std::scoped_lock guard(way->lock);
    ASSERT_FALSE(way->blocks.empty());
    const auto first = read_block(way->blocks.front(), Seal::checksum());
    ASSERT_TRUE(first);
    EXPECT_EQ(first->kind, EvidenceBlock::Kind::life);
    EXPECT_EQ(first->sequence, 1U);
    EXPECT_EQ(first->host, "kvm7");
}

TEST(BlockWriter, AWayOutThatDoesNotWorkIsKnownAtOnce) {
    const auto way = std::make_shared<Way>();
    way->fails = ENOSPC;
    const auto writer = BlockWriter::start(std::make_unique<TestOutlet>(way), {});
    ASSERT_FALSE(writer);
    EXPECT_THAT(writer.error().message(), HasSubstr("first sign of life"));
}

TEST(BlockWriter, WritesAllLinesInOrderAndThenEnds) {
    const auto way = std::make_shared<Way>();
    std::vector<std::string> lines;
    {
        const auto writer = started(way);
        for (std::size_t i = 0; i < 300; ++i) {
            lines.emplace_back(i * 7, static_cast<char>('a' + i % 26));
            EXPECT_TRUE(writer->put(lines.back(), i == 0 ? Weight::opening : Weight::passing));
        }
    }
    EXPECT_THAT(lines_of(*way), ElementsAreArray(lines));
    std::uint64_t next = 0;
    for (const std::string& bytes : way->blocks) {
        EXPECT_EQ(read_block(bytes, Seal::checksum())->sequence, ++next);
    }
}

TEST(BlockWriter, NobodyWaitsForOneThatIsStuckAndWhatIsLostIsCounted) {
    const auto way = std::make_shared<Way>();
    auto writer = started(way);
    {
        const std::scoped_lock guard(way->lock);
        way->shut = true;
    }
    const std::string line(10'000, 'x');
    const auto began = monotonic_ns();
    while (writer->put(line, Weight::passing)) {
    }
    EXPECT_TRUE(writer->put_first("the proof")) << "which has room of its own";
    EXPECT_LT(seconds_since(began), 5.0);
    EXPECT_TRUE(comes_true([&] { return writer->state().in_flight_ns != 0; }));
    EXPECT_GE(writer->state().lost, 1U);
    const auto end = monotonic_ns();
    writer.reset();  // its thread is stuck, and is left behind
    EXPECT_LT(seconds_since(end), 10.0);
    {
        const std::scoped_lock guard(way->lock);
        way->shut = false;
    }
    way->opened.notify_all();
    EXPECT_TRUE(comes_true([&] { return testing::Matches(Contains("the proof"))(lines_of(*way)); }));
}

TEST(BlockWriter, AProofGoesBeforeWhatWaits) {
    const auto way = std::make_shared<Way>();
    {
        const auto writer = started(way);
        {
            const std::scoped_lock guard(way->lock);
            way->shut = true;
        }
        for (int i = 0; i < 50; ++i) {
            writer->put(std::string(400, 'x'), Weight::passing);
        }
        writer->put_first("the proof");
        {
            const std::scoped_lock guard(way->lock);
            way->shut = false;
        }
        way->opened.notify_all();
    }
    const auto lines = lines_of(*way);
    ASSERT_EQ(lines.size(), 51U);
    const auto place = std::ranges::find(lines, "the proof") - lines.begin();
    EXPECT_LE(place, 3) << "behind what was on its way when it came";
    EXPECT_THAT(way->weights, Contains(Weight::proof));
}

TEST(BlockWriter, SaysWhatTheWayOutRefuses) {
    const auto way = std::make_shared<Way>();
    const auto writer = started(way);
    way->fails = EIO;
    writer->put("line", Weight::passing);
    EXPECT_TRUE(comes_true([&] { return writer->state().failures > 0; }));
    EXPECT_EQ(writer->state().last_errno, EIO);
    EXPECT_EQ(writer->missing().back().what, "way out");
}

TEST(WriterIdentity, IsOfThisBootAndOfOneRun) {
    const auto one = WriterIdentity::of_this_machine();
    const auto other = WriterIdentity::of_this_machine();
    ASSERT_TRUE(one);
    ASSERT_TRUE(other);
    EXPECT_EQ(one->boot, other->boot);
    EXPECT_NE(one->run, other->run);
    EXPECT_FALSE(one->host.empty());
}

}  // namespace
}  // namespace blkhang
