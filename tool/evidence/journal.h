// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "evidence/block_outlet.h"

namespace blkhang {

/// How a journal is laid out, in blocks of 4 KiB: what it is, and then a few parts of equal size, one for each run, so
/// that a run that goes on for days does not overwrite what an earlier one left. In a part are two places for signs of
/// life, which are used in turn; a few for how the run began; some for proofs and what follows them; and a ring for the
/// rest, of which the latest is there.
struct JournalLayout {
    static constexpr std::size_t kBlock = 4096;
    static constexpr std::uint64_t kParts = 4;
    static constexpr std::uint64_t kLife = 2, kOpening = 16;
    static constexpr std::uint64_t kSmallest = std::uint64_t{1} << 20U, kLargest = std::uint64_t{64} << 20U;

    std::uint64_t part = 0;  ///< blocks of one

    static JournalLayout of(std::uint64_t bytes) { return {(bytes / kBlock - 1) / kParts}; }
    [[nodiscard]] std::uint64_t proofs() const { return part / 4; }
    [[nodiscard]] std::uint64_t ring() const { return part - kLife - kOpening - proofs(); }
    [[nodiscard]] std::uint64_t blocks() const { return 1 + kParts * part; }
    /// Where that part begins; behind what the journal is.
    [[nodiscard]] std::uint64_t first_of(std::uint64_t number) const { return 1 + number * part; }
};

/// The block that says what it is; nothing if it is no journal of this version.
std::array<char, JournalLayout::kBlock> journal_head(const JournalLayout& layout);
std::optional<JournalLayout> read_journal_head(std::string_view block);

/// Writes into a journal that is open, from `offset` bytes on.
class JournalOutlet final : public BlockOutlet {
public:
    /// `held` stays open as long as this. Takes the part that is free; else this boot's oldest, if it has several, else
    /// the oldest; but one that has no proof before one that has.
    static Result<std::unique_ptr<JournalOutlet>> make(Fd file, Fd held, std::uint64_t offset, JournalLayout layout,
                                                       const EvidenceId& boot);

    [[nodiscard]] Form form() const override { return {JournalLayout::kBlock, true, false, generation_}; }
    [[nodiscard]] const Seal& seal() const override { return seal_; }
    [[nodiscard]] std::string_view name() const override { return "journal"; }
    int put(std::string_view bytes, EvidenceBlock::Kind kind, Weight weight) override;

private:
    JournalOutlet(Fd file, Fd held, std::uint64_t offset, JournalLayout layout, std::uint64_t part,
                  std::uint64_t generation)
        : file_(std::move(file)),
          held_(std::move(held)),
          offset_(offset),
          layout_(layout),
          part_(part),
          generation_(generation) {}
    std::uint64_t place_for(EvidenceBlock::Kind kind, Weight weight);

    Fd file_, held_;
    std::uint64_t offset_;
    JournalLayout layout_;
    std::uint64_t part_, generation_;
    Seal seal_ = Seal::checksum();
    std::uint64_t lives_ = 0, opened_ = 0, in_ring_ = 0;
    std::optional<std::uint64_t> behind_proof_;  ///< blocks since the place for proofs was begun (again)
};

}  // namespace blkhang
