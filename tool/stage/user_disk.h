// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "stage/staging.h"

namespace blkhang {

/// Name under /dev of the disk that connect_user_disk() makes.
inline constexpr const char* kUserDisk = "nbd0";

/// Starts what answers the driver's requests on `socket` from the open file `backing`, and returns. Both are closed
/// here afterwards.
using ServeDisk = std::function<Status(int socket, int backing)>;

/// Makes kUserDisk, whose IO a process serves from the disk `backing`. Returns when it answers. A kernel without the
/// driver nbd is Fault::unsupported.
///
/// The driver's own process stays behind, as does the server, until they are killed or the machine ends.
Status connect_user_disk(const Staging& staging, const std::filesystem::path& backing, const ServeDisk& serve);

}  // namespace blkhang
