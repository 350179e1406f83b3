// SPDX-License-Identifier: GPL-2.0-only
// Real runs whose evidence was cut off at any byte, as that of a guest that dies: no verdict says more than had
// arrived.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/file.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

struct Stream {
    std::string name, text;
    std::size_t closed_at = std::string::npos;  ///< behind the line that tells of what closed the proven cycle
    std::size_t end_at = std::string::npos;     ///< behind the line that says that the run ended in good order
};

/// Behind the first line that contains all of these; npos if there is none.
std::size_t behind_line_with(const std::string& text, const std::vector<std::string>& parts) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string_view line = std::string_view(text).substr(at, end - at);
        if (std::ranges::all_of(parts, [&](const auto& part) { return line.find(part) != std::string_view::npos; })) {
            return end;
        }
        at = end + 1;
    }
    return std::string::npos;
}

std::vector<Stream> streams() {
    std::vector<std::filesystem::path> files;
    for (const auto& sample : std::filesystem::directory_iterator(BLKHANG_SOURCE_DIR "/reports/samples")) {
        if (const auto events = sample.path() / "events.ndjson"; std::filesystem::exists(events)) {
            files.push_back(events);
        }
    }
    for (const char* name : {"verdicts/qs-elv-lost1", "runs/iocost-enable-6.12", "runs/elv-bfq-7.2"}) {
        files.emplace_back(replay::path(name));
    }
    std::ranges::sort(files);
    std::vector<Stream> result;
    for (const auto& file : files) {
        Stream stream{file.string(), read_file(file).value()};
        if (const auto key = stream.text.find("\"closed_ns\":"); key != std::string::npos) {
            const auto number = stream.text.substr(key + 12, stream.text.find(',', key) - key - 12);
            // A wait that was still to be told when the circle was found is told with the proof.
            stream.closed_at =
                std::min(behind_line_with(stream.text, {"\"wait\"", fmt::format("\"at_ns\":{},", number)}),
                         behind_line_with(stream.text, {"\"t\":\"proof\""}));
        }
        stream.end_at = behind_line_with(stream.text, {"\"t\":\"end\""});
        result.push_back(std::move(stream));
    }
    return result;
}

Verdict verdict_of(std::string_view text) {
    RecordBuilder builder{replay::facts("")};
    while (!text.empty()) {
        const auto newline = text.find('\n');
        if (newline == std::string_view::npos) {
            break;  // a torn last line is dropped where it arrives
        }
        if (const auto observation = decode(text.substr(0, newline))) {
            builder.observe(*observation);
        } else {
            builder.damaged_line();
        }
        text.remove_prefix(newline + 1);
    }
    return builder.finish({Ended::lost, "gone", "tcg"}).verdict.value;
}

TEST(Cuts, AtAnyByteNeverSayMoreThanHadArrived) {
#ifdef BLKHANG_SANITIZED  // ten times slower, and looking for something else
    constexpr int kCuts = 200;
#else
    constexpr int kCuts = 2000;
#endif
    const auto all = streams();
    ASSERT_GE(all.size(), 10U);
    std::mt19937_64 random(1);
    std::map<Verdict, int> seen;
    for (int i = 0; i < kCuts; ++i) {
        const auto& stream = all[static_cast<std::size_t>(i) % all.size()];
        // Every second one around the proof, where it matters most.
        const bool near = stream.closed_at != std::string::npos && i / all.size() % 2 == 0;
        const std::size_t from = near ? stream.closed_at - std::min<std::size_t>(stream.closed_at, 3000) : 0;
        const std::size_t below = near ? std::min(stream.text.size(), stream.closed_at + 6000) : stream.text.size();
        const auto cut = std::uniform_int_distribution<std::size_t>(from, below)(random);
        const auto verdict = verdict_of(std::string_view(stream.text).substr(0, cut));
        ++seen[verdict];
        if (cut < std::min(stream.closed_at, stream.end_at)) {
            EXPECT_EQ(verdict, Verdict::error) << stream.name << " at byte " << cut;
        }
        if (verdict == Verdict::hang) {
            EXPECT_GE(cut, stream.closed_at) << stream.name;
        }
        if (verdict == Verdict::clean) {
            EXPECT_GE(cut, stream.end_at) << stream.name;
        }
    }
    EXPECT_GT(seen[Verdict::hang], kCuts / 10);
    EXPECT_GT(seen[Verdict::error], kCuts / 10);
}

}  // namespace
}  // namespace blkhang
