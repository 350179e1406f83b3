// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "profile/profile.h"
#include "stage/guest_means.h"

namespace blkhang {

/// What the virtual machines of a load on this host are made of.
struct GuestParts {
    GuestMeans means;
    Fd initramfs;                    ///< memory behind the file that `means` names: for this process and its children
    std::vector<std::string> notes;  ///< what was chosen, and why: sentences
};

/// Finds QEMU and this host's own kernel, and makes an initramfs with this program in it. Where there is no image of
/// the kernel, a profile that leaves the choice gets a boot sector. `image`: what they boot instead; empty for none.
/// Nothing for a profile without such machines.
Result<GuestParts> find_guest_parts(const Profile& profile, const std::filesystem::path& image);

}  // namespace blkhang
