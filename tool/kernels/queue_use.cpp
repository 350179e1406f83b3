// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/queue_use.h"

#include <algorithm>
#include <iterator>

#include "kernels/stable_release.h"

namespace blkhang {
namespace {

/// Of a series, the last release in which the queue is entered, and was seen to be.
struct Watched {
    StableRelease last;
    std::string_view source;
};
constexpr Watched kWatched[] = {
    {{{6, 1}, 192}, "block/blk-cgroup.c of Debian's 6.1.192-3, where elv-switch hangs with three tasks"},
};

}  // namespace

bool surely_uses_queue(std::string_view release, std::string_view build) {
    const auto stable = stable_release(release, build);
    return stable && std::ranges::any_of(kWatched, [&](const Watched& watched) {
               return stable->version == watched.last.version && stable->number <= watched.last.number;
           });
}

}  // namespace blkhang
