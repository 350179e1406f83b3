// SPDX-License-Identifier: GPL-2.0-only
#include "run/guest_tally.h"

#include <algorithm>

namespace blkhang {
namespace {

/// More than one write that was under way when the load began.
constexpr std::uint64_t kSomeBlocks = 4;

/// A group that was removed and made again would count from zero.
std::uint64_t since(std::optional<std::uint64_t>& first, std::uint64_t now) {
    first = std::min(first.value_or(now), now);
    return now - *first;
}

}  // namespace

void GuestTally::counted(std::uint32_t guest, std::uint64_t bytes) {
    auto& own = guests_.at(guest);
    own.bytes = since(own.first_bytes, bytes);
}

bool GuestTally::told(std::uint32_t guest, std::uint64_t blocks, bool ended) {
    auto& own = guests_.at(guest);
    own.blocks = since(own.first_blocks, blocks);
    const bool is_news = ended && !own.ended;
    own.ended = own.ended || ended;
    return is_news;
}

GuestTally::Sum GuestTally::sum() const {
    Sum sum;
    for (const auto& guest : guests_) {
        const bool has_written = guest.bytes >= kSomeBlocks * block_;
        sum.write += has_written && !guest.ended ? 1 : 0;
        sum.have_written += has_written ? 1 : 0;
        sum.ended += guest.ended ? 1 : 0;
        sum.bytes += guest.bytes;
        sum.blocks_told += guest.blocks;
    }
    sum.bytes_told = sum.blocks_told * block_;
    const auto least = std::ranges::min_element(guests_, {}, &Guest::bytes);
    sum.least = least == guests_.end() ? 0 : least->bytes;
    return sum;
}

}  // namespace blkhang
