// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/pieces.h"

#include <gmock/gmock.h>

#include <vector>

#include "base/limits.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

std::vector<std::string> packed(const std::vector<std::string>& lines, std::size_t size) {
    std::vector<std::string> payloads;
    std::string room(size, '\0');
    LinePacker packer(room);
    for (const std::string& line : lines) {
        for (auto at = packer.add(line, 0); !LinePacker::is_done(line, at); at = packer.add(line, at)) {
            payloads.emplace_back(packer.payload());
            packer.clear();
        }
    }
    payloads.emplace_back(packer.payload());
    return payloads;
}

struct Unpacked {
    std::vector<std::string> lines;
    std::uint64_t torn = 0;
};
Unpacked unpacked(const std::vector<std::string>& payloads, std::size_t without = SIZE_MAX) {
    Unpacked result;
    LineJoiner joiner;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        if (i == without) {
            joiner.gap();
        } else {
            joiner.payload(payloads[i], [&](std::string_view line) { result.lines.emplace_back(line); });
        }
    }
    joiner.gap();
    result.torn = joiner.torn();
    return result;
}

TEST(Pieces, LinesOfAnyLengthComeThrough) {
    std::vector<std::string> lines;
    for (const std::size_t size : {0, 1, 17, 60, 61, 62, 63, 64, 65, 200, 1000, 0, 5}) {
        lines.emplace_back(size, static_cast<char>('a' + lines.size()));
    }
    for (const std::size_t room : {8, 64, 100, 1080, 4096}) {
        EXPECT_THAT(unpacked(packed(lines, room)).lines, ElementsAreArray(lines)) << room;
        EXPECT_EQ(unpacked(packed(lines, room)).torn, 0U);
    }
}

TEST(Pieces, ALineThatFitsIsNotDivided) {
    const auto payloads = packed({std::string(50, 'a'), std::string(50, 'b'), std::string(50, 'c')}, 64);
    ASSERT_EQ(payloads.size(), 3U);
    EXPECT_THAT(unpacked(payloads, 1).lines, ElementsAre(std::string(50, 'a'), std::string(50, 'c')));
    EXPECT_EQ(unpacked(payloads, 1).torn, 0U);
}

TEST(Pieces, WhatAGapHasTornIsDroppedAndNotPutTogetherWrongly) {
    const std::string longer(150, 'l');
    const auto payloads = packed({"a", longer, "b"}, 64);
    ASSERT_EQ(payloads.size(), 4U);
    for (const std::size_t lost : {1, 2}) {
        EXPECT_THAT(unpacked(payloads, lost).lines, ElementsAre("a", "b")) << lost;
        EXPECT_EQ(unpacked(payloads, lost).torn, 1U) << lost;
    }
    EXPECT_THAT(unpacked({payloads[0], payloads[1]}).lines, ElementsAre("a")) << "the end is missing";
    EXPECT_EQ(unpacked({payloads[0], payloads[1]}).torn, 1U);
}

TEST(Pieces, WhatIsNoPieceEndsTheBlock) {
    LineJoiner joiner;
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) { lines.emplace_back(line); };
    joiner.payload(std::string_view("\x05\xc0hello\xff\xff", 9), take);
    EXPECT_THAT(lines, ElementsAre("hello"));
    joiner.payload(std::string_view("\xff\xff!", 3), take);
    joiner.payload("x", take);
    EXPECT_THAT(lines, ElementsAre("hello"));
    EXPECT_GT(joiner.torn(), 0U);
}

TEST(Pieces, ALineWithoutEndIsNotKept) {
    LineJoiner joiner;
    std::vector<std::string> lines;
    std::string begin("\x00\xa0", 2);
    std::string more("\x00\x20", 2);
    begin += std::string(0x2000, 'x');
    more += std::string(0x2000, 'x');
    joiner.payload(begin, [&](std::string_view line) { lines.emplace_back(line); });
    for (std::size_t i = 0; i < 3 * limits::kLine / 0x2000; ++i) {
        joiner.payload(more, [&](std::string_view line) { lines.emplace_back(line); });
    }
    EXPECT_THAT(lines, IsEmpty());
    EXPECT_EQ(joiner.torn(), 1U);
}

}  // namespace
}  // namespace blkhang
