// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "kernels/release.h"

namespace blkhang {

/// Whoever writes a limit for a disk (blkg_conf_prep()) allocated per-CPU memory with that disk's queue entered, until
/// this commit, which is in 6.18 and in some stable releases of before: 6.12.58 by Debian's changelog, and it was
/// reviewed for 6.6. It is in none of 6.1 up to 6.1.192, by block/blk-cgroup.c and Debian's changelog.
inline constexpr std::string_view kQueueUseFix = "5d726c4dbeed";

/// In these that may be so: which stable releases have the fix is not known of each.
inline constexpr Releases kWithQueueUse{.before = "6.18"};
/// In these the fix may be there instead, and the mutex that it brought into blkg_conf_prep() (blkcg_mutex).
inline constexpr Releases kWithQueueUseFix{.since = "6.6"};

/// It is so for certain: a kernel of which nothing newer than what was looked at is known. `release` is what uname -r
/// says, and `build` what uname -v says, which names the stable release where Debian's `release` has a 0 instead.
bool surely_uses_queue(std::string_view release, std::string_view build);

}  // namespace blkhang
