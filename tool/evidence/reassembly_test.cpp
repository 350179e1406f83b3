// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/reassembly.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "evidence/testing/blocks.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class ReassemblyTest : public testing::Test {
protected:
    Reassembly::Arrival add(std::uint64_t sequence, std::uint64_t now_ns = 0) {
        const auto payload = sample::payload({fmt::format("{}", sequence)});
        return order_.add(sample::block(sequence, payload), now_ns, sink_);
    }
    Reassembly order_;
    std::vector<std::string> lines_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps_;
    Reassembly::Sink sink_{.line = [this](std::string_view line) { lines_.emplace_back(line); },
                           .gap = [this](std::uint64_t first, std::uint64_t last) { gaps_.emplace_back(first, last); }};
};

TEST_F(ReassemblyTest, PutsInOrderAndDropsWhatCameTwice) {
    using enum Reassembly::Arrival;
    EXPECT_EQ(add(1), fresh);
    EXPECT_EQ(add(3), fresh);
    EXPECT_EQ(add(3), duplicate);
    EXPECT_EQ(add(4), fresh);
    EXPECT_THAT(lines_, ElementsAre("1"));
    EXPECT_EQ(add(2), fresh);
    EXPECT_EQ(add(2), duplicate);
    EXPECT_THAT(lines_, ElementsAre("1", "2", "3", "4"));
    order_.finish(sink_);
    EXPECT_THAT(gaps_, IsEmpty());
}

TEST_F(ReassemblyTest, WhatIsMissingForTooLongIsAGap) {
    add(1);
    add(5, 1000);
    order_.time_is(1000 + Reassembly::kPatienceNs - 1, sink_);
    EXPECT_THAT(gaps_, IsEmpty());
    order_.time_is(1000 + Reassembly::kPatienceNs, sink_);
    EXPECT_THAT(gaps_, ElementsAre(Pair(2, 4)));
    EXPECT_THAT(lines_, ElementsAre("1", "5"));
    EXPECT_EQ(add(3), Reassembly::Arrival::late);
    EXPECT_EQ(add(5), Reassembly::Arrival::duplicate);
    EXPECT_EQ(add(1), Reassembly::Arrival::duplicate);
    EXPECT_THAT(lines_, ElementsAre("1", "5"));
}

TEST_F(ReassemblyTest, NoMoreWaitThanThereIsRoomFor) {
    for (std::uint64_t i = 2; i <= 2 * Reassembly::kWaiting; ++i) {
        add(i);
    }
    EXPECT_THAT(gaps_, ElementsAre(Pair(1, 1)));
    EXPECT_EQ(lines_.size(), 2 * Reassembly::kWaiting - 1);
}

TEST_F(ReassemblyTest, LossReorderingAndRepeatsLeaveTheRestInOrderAndTheGapsExact) {
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time
    std::vector<std::uint64_t> sent;
    std::vector<std::uint64_t> lost;
    for (std::uint64_t i = 1; i <= 3000; ++i) {
        if (i > 1 && random() % 10 == 0) {
            lost.push_back(i);
            continue;
        }
        sent.insert(sent.end(), 1 + random() % 3, i);
    }
    for (std::size_t i = 0; i + 20 < sent.size(); ++i) {  // by some twenty places
        std::swap(sent[i], sent[i + random() % 20]);
    }
    std::uint64_t now_ns = 0;
    for (const auto sequence : sent) {
        add(sequence, now_ns += 1'000'000);
        order_.time_is(now_ns, sink_);
    }
    order_.finish(sink_);
    std::vector<std::uint64_t> told;
    for (const auto& [first, last] : gaps_) {
        for (auto i = first; i <= last; ++i) {
            told.push_back(i);
        }
    }
    while (!lost.empty() && lost.back() == 3000) {
        lost.pop_back();  // nobody can know of the last one
    }
    EXPECT_EQ(told, lost);
    EXPECT_EQ(lines_.size(), 3000 - lost.size() - (sent.empty() ? 0 : 0) - (lines_.back() == "3000" ? 0 : 1));
    EXPECT_TRUE(std::ranges::is_sorted(lines_, {}, [](const std::string& line) { return std::stoul(line); }));
}

TEST_F(ReassemblyTest, ALineOverSeveralOfWhichOneIsLostIsDropped) {
    std::string room(40, '\0');
    LinePacker packer(room);
    const std::string line(100, 'x');
    std::uint64_t sequence = 0;
    for (auto at = packer.add(line, 0); !LinePacker::is_done(line, at); at = packer.add(line, at)) {
        if (++sequence != 2) {
            order_.add(sample::block(sequence, packer.payload()), 0, sink_);
        }
        packer.clear();
    }
    order_.add(sample::block(++sequence, packer.payload()), 0, sink_);
    add(++sequence);
    order_.finish(sink_);
    EXPECT_THAT(lines_, ElementsAre(std::to_string(sequence)));
    EXPECT_GE(order_.torn(), 1U);
}

}  // namespace
}  // namespace blkhang
