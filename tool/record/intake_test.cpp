// SPDX-License-Identifier: GPL-2.0-only
#include "record/intake.h"

#include <gmock/gmock.h>

#include "record/stream.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kEnd = R"({"t":"end","at_ns":5,"taint":0})";

std::uint64_t admitted(Intake& intake, std::string_view line, std::uint64_t times) {
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < times; ++i) {
        count += intake.admits(line) ? 1 : 0;
    }
    return count;
}

std::vector<std::string> words(const Intake& intake) {
    std::vector<std::string> result;
    for (const auto& truncation : intake.truncations()) {
        result.push_back(in_words(truncation));
    }
    return result;
}

TEST(Intake, EveryTypeOfEventHasRoomOfItsOwn) {
    Intake intake;
    EXPECT_EQ(admitted(intake, R"({"t":"phase","at_ns":1,"name":"load"})", 1000), 64);
    EXPECT_EQ(admitted(intake, R"({"t":"phase","at_ns":1,"name":"load"})", 1), 0);
    EXPECT_EQ(admitted(intake, "no event", 1000), 256);
    EXPECT_EQ(admitted(intake, R"({"t":"nonsense"})", 1), 0);
    EXPECT_TRUE(intake.admits(R"({"t":"proof","closed_ns":1,"detected_ns":2})"));
    EXPECT_THAT(words(intake),
                ElementsAre("phase events: 937 lines, 35606 beyond 64 lines or 16KiB, or lines of 16KiB",
                            "other events: 745 lines, 6713 beyond 256 lines or 256KiB, or lines of 16KiB"));
}

TEST(Intake, EveryTypeOnTheWireHasAQuota) {
    const Intake intake;
    for (const Observation& each :
         {Observation(seen::Hello{}), Observation(seen::Tier{}), Observation(seen::Phase{}), Observation(seen::Edge{}),
          Observation(seen::Counters{}), Observation(seen::Wait{}), Observation(seen::Wake{}),
          Observation(seen::Tick{}), Observation(seen::Proof{}), Observation(seen::ProofWritten{}),
          Observation(seen::BlockedTask{}), Observation(seen::Recovery{}), Observation(seen::Unsupported{}),
          Observation(seen::Failure{}), Observation(seen::Kmsg{}), Observation(seen::End{}),
          Observation(seen::Freeze{}), Observation(seen::Kill{})}) {
        EXPECT_TRUE(std::ranges::any_of(limits::kQuotas, [&](const auto& quota) {
            return quota.type == type_of(each);
        })) << type_of(each);
    }
    EXPECT_EQ(std::variant_size_v<Observation> + 1, limits::kQuotas.size());
}

TEST(Intake, BytesCountAsLinesDo) {
    Intake intake;
    const std::string line = R"({"t":"hello","release":")" + std::string(40'000, 'x') + "\"}";
    EXPECT_EQ(admitted(intake, line, 4), 1);
    EXPECT_FALSE(intake.admits(std::string(limits::kShortLine + 1, 'x')));
}

TEST(Intake, ManyValuesOfNoLengthCountAsMuchAsTheyTake) {
    std::string line = R"({"t":"task","at_ns":1,"pid":1,"comm":"","state":"D","stack":[)";
    for (int i = 0; i < 256; ++i) {
        line += i > 0 ? ",\"\"" : "\"\"";
    }
    line += "]}";
    ASSERT_LT(line.size(), 1024);
    Intake intake;
    const auto lines = admitted(intake, line, 1000);
    EXPECT_GT(lines, 100) << "of quota's 1024 lines";
    EXPECT_LE(lines * (256 - Intake::kMembers) * Intake::kValue, limits::quota_of("task").bytes);
    EXPECT_TRUE(intake.lost_track());
}

TEST(Intake, ALongLoadMaySayMore) {
    Intake hour(std::chrono::hours(1));
    EXPECT_EQ(admitted(hour, R"({"t":"tick","at_ns":1})", 200'000), 7u * 16'384);
    EXPECT_EQ(admitted(hour, R"({"t":"phase","at_ns":1,"name":"load"})", 1000), 64);
}

TEST(Intake, NothingIsTakenAfterTheEnd) {
    Intake intake;
    EXPECT_TRUE(intake.admits(kEnd));
    EXPECT_EQ(admitted(intake, kEnd, 2), 0);
    intake.overlong(1'000'000);
    EXPECT_FALSE(intake.lost_track());
    EXPECT_THAT(words(intake),
                ElementsAre("lines after the last: 3 lines, 1000064 beyond the event that ends the stream"));
}

TEST(Intake, TellsWhetherWhatWasLeftOutBearsOnWaits) {
    Intake intake;
    admitted(intake, R"({"t":"kmsg","at_ns":1,"level":4,"text":""})", 20'000);
    EXPECT_FALSE(intake.lost_track());
    admitted(intake, R"({"t":"wake","at_ns":1,"pid":1,"kind":"mutex","what":""})", 20'000);
    EXPECT_TRUE(intake.lost_track());
    EXPECT_FALSE(intake.lost_track());
    intake.overlong(1'000'000);
    EXPECT_TRUE(intake.lost_track());
}

TEST(Intake, TheConsoleIsCutWhereItsRoomEnds) {
    Intake intake;
    const std::string piece(std::size_t{3} << 20U, 'x');
    std::size_t kept = 0;
    for (int i = 0; i < 10; ++i) {
        kept += intake.admits_of_console(piece);
    }
    EXPECT_EQ(kept, limits::kConsole);
    EXPECT_THAT(words(intake), ElementsAre("console: 14MiB beyond 16MiB"));
}

TEST(Intake, NothingLeftOutIsNothingToSay) {
    Intake intake;
    EXPECT_TRUE(intake.admits(kEnd));
    EXPECT_THAT(intake.truncations(), IsEmpty());
}

}  // namespace
}  // namespace blkhang
