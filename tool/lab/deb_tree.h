// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "lab/apt.h"

namespace blkhang {

/// Completes a tree of unpacked packages, which stands at `root` until it gets its name.
using FinishTree = std::function<Status(const std::filesystem::path& root)>;

/// Puts .deb files into a directory.
using Download = std::function<Status(const Apt& apt, const std::filesystem::path& directory)>;
/// A package with its companions.
Download with_companions(const std::string& package, const std::string& version);

/// Downloads packages and unpacks them, without installing them, so that `directory` stands for their root. A damaged
/// download is fetched once more. Call under the lock of that part of the cache.
Status fetch_deb_tree(Apt& apt, const Download& download, const std::filesystem::path& directory,
                      const FinishTree& finish);

/// What fetch_deb_tree() does once the .deb files lie in `downloads`.
Status unpack_deb_tree(const std::filesystem::path& downloads, const std::filesystem::path& directory,
                       const FinishTree& finish);

/// Was `directory` made so, and has nothing in it changed since? Reads all of it: some 0.1 s for a kernel.
bool deb_tree_is_whole(const std::filesystem::path& directory);

}  // namespace blkhang
