// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evidence/block.h"
#include "evidence/pieces.h"

namespace blkhang {

/// A moment by both clocks.
struct SeenAt {
    std::uint64_t uptime_ns = 0;
    std::uint64_t time_ns = 0;  ///< since 1970, by the clock of the machine that says so
    bool operator==(const SeenAt&) const = default;
};

/// What is left of what one run of a watcher said, by one of the ways that it went.
struct SurvivingRun {
    std::string source;  ///< in words: "journal /dev/vdb"
    EvidenceId boot{}, run{};
    std::string host;
    std::uint64_t generation = 0;  ///< of a journal's runs, which is later; else 0

    std::vector<std::string> lines;     ///< of the stream, in their order
    std::vector<std::size_t> gaps;      ///< something is missing before this line; behind the last if it is their count
    std::optional<SeenAt> first, last;  ///< of all that arrived, signs of life too

    std::uint64_t damaged = 0;  ///< blocks that are torn, or were changed: skipped
    std::uint64_t missing = 0;  ///< blocks that are known to have been, and are not there, or no longer
    std::uint64_t torn = 0;     ///< lines of which a part is missing
    std::uint64_t lost = 0;     ///< lines that found no room in the machine itself

    /// Something is missing behind the last line so far.
    void note_gap();
    [[nodiscard]] bool has_gap_at(std::size_t line) const;
    [[nodiscard]] bool has_gap() const { return !gaps.empty() || damaged > 0 || torn > 0 || lost > 0; }
};

/// Makes of blocks what survived of a run. They are of one run, and those with lines come in the order of their
/// numbers.
class RunJoiner {
public:
    explicit RunJoiner(SurvivingRun& run) : run_(run) {}

    void lines(const EvidenceBlock& block);
    /// `numbered`: its number is one of a row with those of lines.
    void life(const EvidenceBlock& block, bool numbered);
    /// So many are missing before the one that comes next.
    void gap(std::uint64_t blocks);
    /// No more come.
    void finish();

private:
    void note(const EvidenceBlock& block);
    void reach(std::uint64_t sequence);

    SurvivingRun& run_;
    LineJoiner joiner_;
    std::uint64_t reached_ = 0;  ///< the highest number so far
};

}  // namespace blkhang
