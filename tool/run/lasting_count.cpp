// SPDX-License-Identifier: GPL-2.0-only
#include "run/lasting_count.h"

#include <algorithm>

namespace blkhang {

std::uint64_t LastingCount::look(std::uint64_t count) {
    latest_.at(next_) = count;
    next_ = (next_ + 1) % kLooks;
    lasting_ = std::max(lasting_, *std::min_element(latest_.begin(), latest_.end()));
    return lasting_;
}

}  // namespace blkhang
