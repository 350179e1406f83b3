// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "evidence/block.h"

namespace blkhang {

/// What a line is for: decides where it is kept, and how hard it is tried to get it out.
enum class Weight : std::uint8_t {
    passing,  ///< of many: the latest are kept
    opening,  ///< who and what is watched, without which the rest means little
    proof,    ///< what all of this is for; all that follows it belongs to it
};

/// A way out for blocks, which one thread uses. Opened before anything can freeze; from then on it allocates nothing.
class BlockOutlet {
public:
    BlockOutlet() = default;
    BlockOutlet(const BlockOutlet&) = delete;
    BlockOutlet& operator=(const BlockOutlet&) = delete;
    BlockOutlet(BlockOutlet&&) = delete;
    BlockOutlet& operator=(BlockOutlet&&) = delete;
    virtual ~BlockOutlet() = default;

    struct Form {
        std::size_t longest = 0;   ///< bytes of a block
        bool padded = false;       ///< each is as long as that
        bool counts_life = false;  ///< a sign of life has a number of its own, so that it is known if it is missing
        std::uint64_t generation = 0;
    };
    [[nodiscard]] virtual Form form() const = 0;
    [[nodiscard]] virtual const Seal& seal() const = 0;
    /// In words: "journal", "collector".
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// Sends or writes a block, `bytes` being aligned as memory pages are. 0, or an errno.
    virtual int put(std::string_view bytes, EvidenceBlock::Kind kind, Weight weight) = 0;
    /// Does what is due by now (CLOCK_MONOTONIC); returns when it wants to be called again, UINT64_MAX for never.
    virtual std::uint64_t tend(std::uint64_t /*now_ns*/) { return UINT64_MAX; }
};

}  // namespace blkhang
