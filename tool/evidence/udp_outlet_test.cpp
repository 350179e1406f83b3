// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/udp_outlet.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/file.h"
#include "evidence/block_sink.h"
#include "evidence/collected_run.h"
#include "evidence/collector.h"
#include "evidence/listener.h"
#include "evidence/testing/blocks.h"
#include "record/stream.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSharedKey = "a key of sixteen bytes or more";

TEST(NetworkAddress, IsReadWithAndWithoutPort) {
    const auto shown_as = [](const std::string& text) {
        const auto address = NetworkAddress::parse(text);
        return address ? to_string(*address) : "none";
    };
    EXPECT_EQ(shown_as("192.0.2.7"), "192.0.2.7:6667");
    EXPECT_EQ(shown_as("192.0.2.7:7000"), "192.0.2.7:7000");
    EXPECT_EQ(shown_as("[2001:db8::7]:7000"), "[2001:db8::7]:7000");
    EXPECT_EQ(shown_as("[2001:db8::7]"), "[2001:db8::7]:6667");
    EXPECT_EQ(shown_as("2001:db8::7"), "[2001:db8::7]:6667");
    for (const char* text : {"", ":7000", "192.0.2", "192.0.2.7:", "192.0.2.7:70000", "192.0.2.7:7x", "[::1", "[::1]x",
                             "collector.example", "fe80::1%nowhere", "192.0.2.7:-1"}) {
        EXPECT_EQ(shown_as(text), std::string(text) == "192.0.2.7:" ? "192.0.2.7:6667" : "none") << text;
    }
}

TEST(UdpOutlet, WhatAWatcherSendsArrivesAtACollectorAndAProofThreeTimes) {
    const auto directory = *TempDir::make("udp");
    const auto listener = Listener::open(*NetworkAddress::parse("127.0.0.1:0"));
    ASSERT_TRUE(listener) << listener.error().message();
    CollectorSettings settings;
    settings.key = kSharedKey;
    auto collector = Collector::open(directory.path(), settings, [](const std::string&) {});
    ASSERT_TRUE(collector);
    {
        auto sink = BlockSink::to_collector(to_string(*listener->address()), kSharedKey,
                                            {sample::id(1), sample::id(2), "kvm7"});
        ASSERT_TRUE(sink) << sink.error().message();
        sink->send(seen::Tick{7});
        EXPECT_TRUE(sink->send_at_once(encode(seen::Proof{1, 2})));
        for (const auto deadline = Deadline::after(std::chrono::seconds(20));
             collector->counts().duplicates < 2 && !deadline.passed();) {
            ASSERT_TRUE(
                listener->receive(std::chrono::milliseconds(50), [&](std::string_view bytes, const std::string& from) {
                    EXPECT_LE(bytes.size(), kLongestDatagram);
                    collector->datagram(bytes, from, monotonic_ns());
                }));
        }
    }
    EXPECT_EQ(collector->counts().duplicates, 2U);
    EXPECT_EQ(collector->counts().unauthenticated, 0U);
    collector->finish(monotonic_ns());
    std::vector<std::string> problems;
    const auto runs = read_collected(*Directory::open(directory.path()), "kvm7", problems);
    ASSERT_EQ(runs->size(), 1U);
    EXPECT_THAT((*runs)[0].lines, testing::UnorderedElementsAre(encode(seen::Tick{7}), encode(seen::Proof{1, 2})));
    EXPECT_EQ((*runs)[0].boot, sample::id(1));
}

TEST(UdpOutlet, NobodyWhoListensIsNoReasonToStop) {
    auto free_port = std::optional(Listener::open(*NetworkAddress::parse("127.0.0.1:0")));
    const auto address = *(*free_port)->address();
    free_port.reset();
    auto outlet = UdpOutlet::open(address, kSharedKey);
    ASSERT_TRUE(outlet);
    const auto bytes = sample::bytes(sample::block(1), (*outlet)->seal());
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ((*outlet)->put(bytes, EvidenceBlock::Kind::life, Weight::passing), 0);
    }
}

TEST(UdpOutlet, APlaceThatCannotBeReachedIsTheUsersError) {
    const auto refused = BlockSink::to_collector("collector", kSharedKey, {sample::id(1), sample::id(2), "kvm7"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_THAT(refused.error().message(), HasSubstr("no name"));
}

}  // namespace
}  // namespace blkhang
