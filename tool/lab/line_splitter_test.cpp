// SPDX-License-Identifier: GPL-2.0-only
#include "lab/line_splitter.h"

#include <gmock/gmock.h>

#include <vector>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(LineSplitter, ChunksDoNotMatter) {
    const std::string_view stream = "{\"t\":\"hello\"}\n\nsecond\nto";
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        LineSplitter splitter(stream.size());
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            splitter.feed(stream.substr(at, size),
                          [&](std::string_view line, std::uint64_t) { lines.emplace_back(line); });
        }
        EXPECT_THAT(lines, ElementsAre("{\"t\":\"hello\"}", "", "second")) << "chunks of " << size;
        EXPECT_EQ(splitter.torn(), 2);
    }
}

TEST(LineSplitter, TooLongALineIsCutAndTheNextOneIsWhole) {
    LineSplitter splitter(4);
    std::vector<std::pair<std::string, std::uint64_t>> lines;
    const auto feed = [&](std::string_view chunk) {
        splitter.feed(chunk, [&](std::string_view line, std::uint64_t cut) { lines.emplace_back(line, cut); });
    };
    feed("abc");
    feed("defg");
    feed("h\nwxyz\n");
    feed("endless");
    EXPECT_THAT(lines, ElementsAre(Pair("abcd", 4), Pair("wxyz", 0)));
    EXPECT_EQ(splitter.torn(), 7);
}

}  // namespace
}  // namespace blkhang
