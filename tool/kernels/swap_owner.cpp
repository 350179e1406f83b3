// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/swap_owner.h"

#include "kernels/release.h"

namespace blkhang {

bool swap_belongs_to_submitter(std::string_view release) {
    constexpr Releases kOfSubmitter{.before = "4.19"};
    const auto version = kernel_version(release);
    return version && kOfSubmitter.contain(*version);
}

}  // namespace blkhang
