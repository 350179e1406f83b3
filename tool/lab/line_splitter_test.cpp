// SPDX-License-Identifier: GPL-2.0-only
#include "lab/line_splitter.h"

#include <gmock/gmock.h>

#include <vector>

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(LineSplitter, ChunksDoNotMatter) {
    const std::string_view stream = "{\"t\":\"hello\"}\n\nsecond\nto";
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        LineSplitter splitter;
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            splitter.feed(stream.substr(at, size), [&](std::string_view line) { lines.emplace_back(line); });
        }
        EXPECT_THAT(lines, ElementsAre("{\"t\":\"hello\"}", "", "second")) << "chunks of " << size;
        EXPECT_EQ(splitter.torn(), 2);
    }
}

}  // namespace
}  // namespace blkhang
