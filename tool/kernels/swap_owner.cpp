// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/swap_owner.h"

#include "kernels/release.h"

namespace blkhang {

namespace {

/// What is not known is taken for new.
bool is_of(const Releases& releases, std::string_view release) {
    const auto version = kernel_version(release);
    return version && releases.contain(*version);
}

}  // namespace

bool swap_belongs_to_submitter(std::string_view release, bool has_memory_groups) {
    return !has_memory_groups || is_of({.before = "4.19"}, release);
}

bool lists_each_controller(std::string_view release) { return is_of({.before = "6.12"}, release); }

}  // namespace blkhang
