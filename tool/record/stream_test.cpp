// SPDX-License-Identifier: GPL-2.0-only
#include "record/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <sstream>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kLate = 18'446'744'073'709'551'615u;

std::vector<Observation> one_of_each() {
    return {
        seen::Hello{1, "6.1.0-43-cloud-amd64", "#1 SMP", "x86_64", "0.1.0", "abc", 512, {{"a", "yes"}, {"b", ""}}},
        seen::Tier{"kprobe", {"pcpu_alloc"}, {{"swap_writepage", "not in kallsyms"}}, {{"queue_used"}}},
        seen::Phase{2, "load"},
        seen::Edge{3, Scope::percpu_mutex, Scope::swap_out, 7, "kswapd0", 0xcc0, {"a+0x1/0x2", "b+0x1/0x2 [m]"}, "vda"},
        seen::Counters{4, {{Scope::reclaim, Scope::submit_bio, kLate}}, {{"trials", 3}}, {{"ios", 9}}, 1},
        seen::Wait{5,
                   7,
                   "a \"quoted\" name",
                   Awaited::percpu_mutex(),
                   -1,
                   true,
                   {},
                   std::vector{Awaited::mutex("blkcg_mutex", "vda")},
                   true},
        seen::Wake{6, 7, Awaited::kswapd()},
        seen::Tick{600'000'000'000'000'000},  // nineteen years
        seen::Proof{8, 9,
                    std::vector<seen::Wait>{{5, 7, "tee", Awaited::frozen_queue("vda"), 0, true, {"schedule+0x1/0x2"}}},
                    std::vector<seen::Freeze>{{4, 7, "tee", "vda", true}}},
        seen::ProofWritten{10},
        seen::BlockedTask{11, "kworker/u4:2", 'D', {"schedule+0x1/0x2"}, 10},
        seen::Recovery{12, true, "killed"},
        seen::Unsupported{{"one", "two"}},
        seen::Failure{"line one\nline two"},
        seen::Kmsg{13, 4, "tab\there"},
        seen::End{14, 0},
        seen::Freeze{15, 7, "tee", "vda", true},
        seen::Kill{16, 7},
        seen::Note{17, "8 virtual machines"},
    };
}

std::vector<std::string> recorded_lines() {
    std::vector<std::string> lines;
    for (const char* name : {"self-deadlock", "kswapd-cycle", "nested-nowait"}) {
        std::istringstream stream(read_file(replay::path(name)).value());
        for (std::string line; std::getline(stream, line);) {
            lines.push_back(line);
        }
    }
    return lines;
}

TEST(Stream, EveryTypeRoundTrips) {
    const auto all = one_of_each();
    ASSERT_EQ(all.size(), std::variant_size_v<Observation>);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].index(), i);
        const std::string line = encode(all[i]);
        EXPECT_THAT(line, testing::Not(HasSubstr("\n")));
        const auto back = decode(line);
        ASSERT_TRUE(back) << line << ": " << back.error().message();
        EXPECT_EQ(back->index(), i);
        EXPECT_EQ(encode(*back), line);
    }
}

TEST(Stream, ValuesSurvive) {
    const auto edge = std::get<seen::Edge>(decode(encode(one_of_each()[3])).value());
    EXPECT_EQ(edge.outer, Scope::percpu_mutex);
    EXPECT_EQ(edge.inner, Scope::swap_out);
    EXPECT_EQ(edge.gfp, 0xcc0u);
    EXPECT_EQ(edge.stack.back(), "b+0x1/0x2 [m]");
    EXPECT_THAT(std::get<seen::Tier>(decode(encode(one_of_each()[1])).value()).scopes,
                testing::Optional(testing::ElementsAre("queue_used")));
    constexpr std::uint64_t kNineteenYears = 600'000'000'000'000'000;
    EXPECT_EQ(std::get<seen::Tick>(decode(encode(seen::Tick{kNineteenYears})).value()).at_ns, kNineteenYears);
}

TEST(Stream, TheTypeComesFirst) {
    EXPECT_EQ(encode(seen::Tick{12}), R"({"t":"tick","at_ns":12})");
    EXPECT_THAT(encode(seen::BlockedTask{}), HasSubstr(R"("t":"task")"));
    EXPECT_THAT(encode(seen::ProofWritten{}), HasSubstr(R"("t":"proof_written")"));
}

TEST(Stream, NamesThatAreNoTextAreReplaced) {
    const auto back = decode(encode(seen::Failure{"comm \xff\xfe"}));
    ASSERT_TRUE(back);
    EXPECT_THAT(std::get<seen::Failure>(*back).message, testing::StartsWith("comm "));
}

TEST(Stream, UnknownMembersAreIgnored) { EXPECT_TRUE(decode(R"({"t":"tick","at_ns":12,"new":[{}]})")); }

TEST(Stream, DamageIsNamed) {
    const auto error = [](std::string_view line) { return decode(line).error().message(); };
    EXPECT_THAT(error(R"({"t":"tick","at_)"), HasSubstr("not a JSON object"));
    EXPECT_THAT(error(""), HasSubstr("not a JSON object"));
    EXPECT_THAT(error("[1]"), HasSubstr("not a JSON object"));
    EXPECT_THAT(error("{}"), HasSubstr("no type"));
    EXPECT_THAT(error(R"({"t":7})"), HasSubstr("no type"));
    EXPECT_THAT(error(R"({"t":"tock"})"), HasSubstr("\"tock\""));
    EXPECT_THAT(error(R"({"t":"tick"})"), HasSubstr("tick observation: at_ns: missing"));
    EXPECT_THAT(error(R"({"t":"tick","at_ns":-1})"), HasSubstr("at_ns: expected an integer from 0"));
    EXPECT_THAT(error(R"({"t":"tick","at_ns":1.5})"), HasSubstr("at_ns: expected an integer"));
    EXPECT_THAT(error(R"({"t":"wake","at_ns":1,"pid":4294967296,"kind":"mutex","what":""})"),
                HasSubstr("pid: expected"));
    EXPECT_THAT(error(R"({"t":"wake","at_ns":1,"pid":1,"kind":"futex","what":""})"),
                HasSubstr("kind: expected a known"));
    EXPECT_THAT(error(R"({"t":"unsupported","reasons":["a",2]})"), HasSubstr("reasons[1]: expected a string"));
    EXPECT_THAT(error(R"({"t":"tier","used":"","attached":[],"missing":[{"what":"x"}]})"),
                HasSubstr("missing[0].why: missing"));
    EXPECT_THAT(error(R"({"t":"counters","at_ns":1,"edges":[],"coverage":{"a":"b"},"load":{},"lost_events":0})"),
                HasSubstr("coverage.a: expected an integer"));
}

// Whatever a dying machine makes of a line, it is an observation or an error.
TEST(Stream, MutatedLinesNeverThrow) {
    std::mt19937 random(20111215);
    const auto upto = [&random](std::size_t bound) { return random() % bound; };
    const std::string_view alphabet = "{}[]\",:0-9eE.+\\ntruefalse \x00\xff\xc3";
    std::size_t survived = 0;
    std::size_t damaged = 0;
    for (const auto& original : recorded_lines()) {
        for (int round = 0; round < 100; ++round) {
            std::string line = original;
            for (std::size_t cuts = 1 + upto(4); cuts > 0; --cuts) {
                const std::size_t at = upto(line.size() + 1);
                switch (upto(4)) {
                    case 0:
                        line.resize(at);
                        break;
                    case 1:
                        line.insert(at, 1, alphabet[upto(alphabet.size())]);
                        break;
                    case 2:
                        line.erase(at, upto(20));
                        break;
                    default:
                        line.insert(at, original.substr(upto(original.size()), upto(40)));
                        break;
                }
            }
            EXPECT_NO_THROW((decode(line) ? survived : damaged) += 1) << line;
        }
    }
    EXPECT_GT(damaged, survived);
    EXPECT_GT(survived, 0u);
}

TEST(Stream, DeepNestingIsAnErrorLikeAnyOther) {
    EXPECT_NO_THROW(EXPECT_FALSE(decode(std::string(200'000, '['))));
    EXPECT_NO_THROW(EXPECT_FALSE(decode(R"({"t":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}")));
}

TEST(Stream, WhatNoKernelSaysIsDamaged) {
    const auto error = [](const std::string& line) { return decode(line).error().message(); };
    EXPECT_THAT(error(R"({"t":"tick","at_ns":1000000000000000000})"), HasSubstr("at_ns: expected a time of less than"));
    EXPECT_THAT(error(R"({"t":"phase","at_ns":1,"name":")" + std::string(513, 'x') + "\"}"),
                HasSubstr("it holds a text of 513 bytes"));
    EXPECT_TRUE(decode(R"({"t":"failure","message":")" + std::string(8000, 'x') + "\"}"));
    std::string frames = "\"f\"";
    for (int i = 0; i < 256; ++i) {
        frames += ",\"f\"";
    }
    EXPECT_THAT(error(R"({"t":"unsupported","reasons":[)" + frames + "]}"), HasSubstr("a list of 257 elements"));
    EXPECT_THAT(error(R"({"t":"tick","at_ns":1,"x":)" + std::string(100, '[') + std::string(100, ']') + "}"),
                HasSubstr("not a JSON object"));
}

}  // namespace
}  // namespace blkhang
