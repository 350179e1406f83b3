// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace blkhang {

/// Hosts of containers have thousands; past this, an answer would take too long.
inline constexpr std::size_t kMostGroups = 20'000;

/// Visits a hierarchy's groups, the root with the name "/" first, and each before those in it: at most so many, and no
/// deeper. False if there were more.
bool walk_groups(const std::filesystem::path& root, int depth,
                 const std::function<void(const std::filesystem::path& directory, const std::string& name)>& visit,
                 std::size_t most = kMostGroups);

}  // namespace blkhang
