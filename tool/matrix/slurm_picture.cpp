// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_picture.h"

#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/units.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kBetweenNs = kNsPerS;
constexpr std::size_t kTasksPerSecond = 2000;  // a large queue is looked at less often

}  // namespace

Status SlurmPicture::ask() {
    auto active = slurm::active(name_);
    if (!active) {
        return fail(active.error());
    }
    active_ = std::move(*active);
    return {};
}

void SlurmPicture::refresh(std::size_t cells) {
    const std::uint64_t between = kBetweenNs * (1 + cells / kTasksPerSecond);
    if (asked_ns_ != 0 && monotonic_ns() < asked_ns_ + between) {
        return;
    }
    asked_ns_ = monotonic_ns();
    if (auto asked = ask(); !asked) {
        spdlog::warn("{}; its jobs go on meanwhile", asked.error().message());
        return;
    }
    ++number_;
}

}  // namespace blkhang
