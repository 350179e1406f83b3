// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace blkhang {

struct Member {
    std::string path;
    std::function<Result<std::string>()> content;  ///< asked for once, when its turn has come
    bool executable = false;
};

/// A tar archive compressed by zstd, which appears complete or not at all. Members are stored sorted, all of `modified`
/// and of user 0: the same members give the same bytes. One of them at a time is in memory.
Status write_tar_zst(const std::filesystem::path& file, std::vector<Member> members, std::time_t modified);

}  // namespace blkhang
