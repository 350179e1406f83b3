// SPDX-License-Identifier: GPL-2.0-only
#include "run/meter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <thread>

#include "base/clock.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Fd file_with(std::string_view text) {
    Fd file{::memfd_create("meter-test", MFD_CLOEXEC)};
    EXPECT_EQ(::pwrite(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return file;
}

/// The reading end stands for a file that the kernel does not answer: whoever reads it waits until somebody writes.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        reading = Fd{ends[0]};
        writing = Fd{ends[1]};
    }
    Fd reading, writing;
};

template <class Condition>
bool comes_true(Condition condition) {
    const auto deadline = Deadline::after(std::chrono::seconds(10));
    while (!condition()) {
        if (deadline.passed()) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

TEST(ParseNumber, TakesWhatAModuleParameterHolds) {
    EXPECT_EQ(parse_number("409600\n"), 409600U);
    EXPECT_FALSE(parse_number(""));
    EXPECT_FALSE(parse_number("(null)\n"));
}

TEST(VmstatValue, FindsTheLineOfThatKeyOnly) {
    constexpr std::string_view kText = "nr_free_pages 4711\nnr_free_cma 0\npswpin 3\npswpout 12\npswpout_zero 5";
    EXPECT_EQ(vmstat_value(kText, "nr_free_pages"), 4711U);
    EXPECT_EQ(vmstat_value(kText, "pswpout"), 12U);
    EXPECT_EQ(vmstat_value(kText, "pswpout_zero"), 5U);
    EXPECT_FALSE(vmstat_value(kText, "pswp"));
    EXPECT_FALSE(vmstat_value("", "pswpout"));
}

std::map<std::string, std::uint64_t> byte_counts(const Meter& meter) {
    std::map<std::string, std::uint64_t> counts;
    meter.each_byte_count([&](const std::string& name, std::uint64_t bytes) { counts[name] = bytes; });
    return counts;
}

TEST(Meter, CountsWhatIsSwappedOutFromItsStart) {
    Fd vmstat = file_with("nr_free_pages 100\npswpout 1000\n");
    const Fd writing{::dup(vmstat.get())};
    const Meter& meter = *Meter::start(std::move(vmstat), file_with(""), {});
    EXPECT_EQ(meter.swapped_out_pages(), 0U);
    EXPECT_EQ(meter.free_pages(), 100U);
    const std::string_view later = "nr_free_pages 050\npswpout 1250\n";
    ASSERT_EQ(::pwrite(writing.get(), later.data(), later.size(), 0), static_cast<ssize_t>(later.size()));
    EXPECT_TRUE(comes_true([&] { return meter.swapped_out_pages() == 250; }));
    EXPECT_EQ(meter.free_pages(), 50U);
}

TEST(Meter, ACountThatCannotBeReadIsNotOneOfNothing) {
    std::vector<ByteCount> counted;
    counted.push_back({"said", file_with("4096\n"), parse_number});
    counted.push_back({"unsaid", file_with("(null)\n"), parse_number});
    const Meter& meter = *Meter::start(file_with("pswpout 0\n"), file_with(""), std::move(counted));
    EXPECT_TRUE(comes_true([&] { return !byte_counts(meter).empty(); }));
    EXPECT_THAT(byte_counts(meter), ElementsAre(Pair("said", 4096U)));
}

/// In a hanging machine a read may never come back.
TEST(Meter, AReadThatGetsStuckCostsNothingButItself) {
    Pipe log;
    Meter& meter = *Meter::start(file_with("pswpout 7\n"), std::move(log.reading), {});
    std::vector<seen::Kmsg> messages;
    meter.take_messages(messages);
    EXPECT_THAT(messages, IsEmpty()) << "and at once";
    const std::string_view record = "4,12,5000000,-;INFO: task x:1 blocked\n";
    ASSERT_EQ(::write(log.writing.get(), record.data(), record.size()), static_cast<ssize_t>(record.size()));
    EXPECT_TRUE(comes_true([&] {
        meter.take_messages(messages);
        return !messages.empty();
    }));
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages.front().text, "INFO: task x:1 blocked");
    EXPECT_EQ(messages.front().at_ns, 5'000'000'000U);
    EXPECT_EQ(meter.missed_messages(), 0U);
}

/// A packet is read whole, as a record of /dev/kmsg is.
struct Packets {
    Packets() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        reading = Fd{ends[0]};
        writing = Fd{ends[1]};
    }
    Fd reading, writing;
};

TEST(Meter, WhatABootSaysIsReadInWhole) {
    Packets log;
    Meter& meter = *Meter::start(file_with("pswpout 0\n"), std::move(log.reading), {});
    constexpr std::size_t kLines = 600;
    for (std::size_t i = 0; i < kLines; ++i) {
        const std::string record = fmt::format("6,{},{},-;line {}\n", i, i, i);
        ASSERT_EQ(::write(log.writing.get(), record.data(), record.size()), static_cast<ssize_t>(record.size()));
    }
    std::size_t taken = 0;
    std::vector<seen::Kmsg> messages;
    EXPECT_TRUE(comes_true([&] {
        meter.take_messages(messages);
        taken += messages.size();
        return taken == kLines;
    }));
    EXPECT_EQ(meter.missed_messages(), 0U);
}

/// io.stat waits for locks of the block layer, and what the kernel says of the hang is wanted all the same.
TEST(Meter, AByteCountThatGetsStuckKeepsNobodyFromReadingTheLog) {
    Packets log;
    Fd vmstat = file_with("pswpout 1000\n");
    const Fd pages{::dup(vmstat.get())};
    const auto never = std::make_shared<Pipe>();  // as long as the meter, whose thread waits for it
    const auto is_stuck = std::make_shared<std::atomic<bool>>(false);
    std::vector<ByteCount> counted;
    counted.push_back({"stat_bytes", file_with("4096\n"), [never, is_stuck](std::string_view text) {
                           *is_stuck = true;
                           char byte = 0;
                           static_cast<void>(::read(never->reading.get(), &byte, 1));
                           return parse_number(text);
                       }});
    Meter& meter = *Meter::start(std::move(vmstat), std::move(log.reading), std::move(counted));
    ASSERT_TRUE(comes_true([&] { return is_stuck->load(); }));
    const std::string_view record = "4,12,5000000,-;INFO: task x:1 blocked\n";
    ASSERT_EQ(::write(log.writing.get(), record.data(), record.size()), static_cast<ssize_t>(record.size()));
    const std::string_view later = "pswpout 1250\n";
    ASSERT_EQ(::pwrite(pages.get(), later.data(), later.size(), 0), static_cast<ssize_t>(later.size()));
    std::vector<seen::Kmsg> messages;
    EXPECT_TRUE(comes_true([&] {
        meter.take_messages(messages);
        return !messages.empty();
    }));
    EXPECT_TRUE(comes_true([&] { return meter.swapped_out_pages() == 250; }));
    EXPECT_THAT(byte_counts(meter), IsEmpty());
}

/// A device of 3.2 lets itself be sought in, as a file does; one of records does not, as a socket.
TEST(Meter, KnowsADeviceThatIsOnlyWrittenTo) {
    Packets log;
    EXPECT_TRUE(Meter::start(file_with(""), std::move(log.reading), {})->reads_messages());
    EXPECT_FALSE(Meter::start(file_with(""), file_with(""), {})->reads_messages());
}

TEST(Meter, WhatIsMoreThanItKeepsIsCounted) {
    Packets log;
    Meter& meter = *Meter::start(file_with("pswpout 0\n"), std::move(log.reading), {});
    constexpr std::size_t kTooMany = 100;
    for (std::size_t i = 0; i < Meter::kMostMessages + kTooMany; ++i) {
        const std::string_view record = "4,1,1,-;noise\n";
        ASSERT_EQ(::write(log.writing.get(), record.data(), record.size()), static_cast<ssize_t>(record.size()));
    }
    EXPECT_TRUE(comes_true([&] { return meter.missed_messages() == kTooMany; }));
    std::vector<seen::Kmsg> messages;
    meter.take_messages(messages);
    EXPECT_EQ(messages.size(), Meter::kMostMessages);
}

}  // namespace
}  // namespace blkhang
