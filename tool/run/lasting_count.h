// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace blkhang {

/// What has to be counted again and again, because each count may hold what is only under way: it is true only as far
/// as it lasts. What was once held true stays so.
class LastingCount {
public:
    /// To be called at even intervals. Gives what all of the last kLooks counts had at least, and never less than
    /// before.
    std::uint64_t look(std::uint64_t count);

    static constexpr std::size_t kLooks = 7;

private:
    std::array<std::uint64_t, kLooks> latest_{};  ///< in a ring; at first as if there had been nothing for long
    std::size_t next_ = 0;
    std::uint64_t lasting_ = 0;
};

}  // namespace blkhang
