// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace blkhang {

/// What the virtual machines of a load have written since the load began: by the statistics of their groups, which are
/// what counts, and by what they say themselves. Each number may come from before the load: its first one is the
/// beginning.
class GuestTally {
public:
    /// `block`: bytes of each write.
    GuestTally(std::uint32_t guests, std::uint64_t block) : block_(block), guests_(guests) {}

    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(guests_.size()); }
    /// So many bytes this machine's group has written by now.
    void counted(std::uint32_t guest, std::uint64_t bytes);
    /// So many blocks it says it has written by now, and that it is gone. True the first time that it is.
    bool told(std::uint32_t guest, std::uint64_t blocks, bool ended);

    struct Sum {
        std::uint64_t write = 0;         ///< machines whose groups have written, and that are still there
        std::uint64_t have_written = 0;  ///< the same, with those that are gone
        std::uint64_t ended = 0;
        std::uint64_t bytes = 0;  ///< of all groups
        std::uint64_t least = 0;  ///< of the group that has written least
        std::uint64_t blocks_told = 0, bytes_told = 0;
    };
    [[nodiscard]] Sum sum() const;

private:
    struct Guest {
        std::optional<std::uint64_t> first_bytes, first_blocks;
        std::uint64_t bytes = 0, blocks = 0;  ///< since those
        bool ended = false;
    };
    std::uint64_t block_;
    std::vector<Guest> guests_;
};

}  // namespace blkhang
