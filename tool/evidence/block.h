// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "evidence/seal.h"

namespace blkhang {

/// Tells boots, and runs of a watcher within one, from each other.
using EvidenceId = std::array<std::uint8_t, 16>;
/// 32 digits, as /proc/sys/kernel/random/boot_id has them, without its dashes.
std::string in_digits(const EvidenceId& id);
/// With or without dashes; nothing if these are not 32 hexadecimal digits.
std::optional<EvidenceId> evidence_id_from(std::string_view digits);

/// The unit in which evidence leaves a machine that may die at any moment: a record of a journal, or a datagram. Each
/// says by itself whose it is, which of them it is, and that it is whole.
struct EvidenceBlock {
    enum class Kind : std::uint8_t {
        lines,  ///< of the stream of observations, in pieces: see evidence/pieces.h
        life,   ///< a sign of life, with nothing in it
    };
    Kind kind = Kind::lines;
    std::uint64_t generation = 0;  ///< of a journal: the how many-th run that writes into it; else 0
    std::uint64_t sequence = 0;    ///< from 1 in each run. In a journal, of a sign of life: that of the last lines
    std::uint64_t lost = 0;        ///< lines of this run that found no room on their way into a block
    std::uint64_t uptime_ns = 0;   ///< when it was made, by CLOCK_MONOTONIC, as observations have it
    std::uint64_t time_ns = 0;     ///< and by the clock on the wall, since 1970
    EvidenceId boot{}, run{};
    std::string_view host;     ///< at most kLongestHost bytes, of a stranger's choosing
    std::string_view payload;  ///< as the kind says

    static constexpr std::size_t kLongestHost = 64;
    static constexpr std::size_t kHead = 88;  ///< bytes before host and payload
};

/// How much payload finds room in a block of so many bytes.
constexpr std::size_t payload_room(std::size_t block, std::size_t host) {
    return block - EvidenceBlock::kHead - host - Seal::kSize;
}

/// Writes the block, whose parts fit, and its seal behind them; up to `size` with zeros between, or if that is 0 as
/// short as it is. Returns its length. Allocates nothing.
std::size_t write_block(const EvidenceBlock& block, const Seal& seal, std::span<char> room, std::size_t size = 0);

/// The block that these bytes are, if the seal at their end is good and all in them makes sense. What it refers to is
/// in `bytes`.
std::optional<EvidenceBlock> read_block(std::string_view bytes, const Seal& seal);

/// Do these bytes claim to be a block? Says nothing of whether they are.
bool looks_like_block(std::string_view bytes);

}  // namespace blkhang
