// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <functional>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// Name under /dev of the disk that start_user_disk() makes.
inline constexpr const char* kUserDisk = "nbd0";

/// Makes kUserDisk, whose IO a process of ours serves from the disk `backing`, and which creates a BPF per-CPU array
/// before it answers a write. The server's memory is locked and it is a PR_SET_IO_FLUSHER, as a server of a swap disk
/// must be: what it then still waits for is the kernel's doing. A kernel without the driver nbd is Fault::unsupported.
///
/// Two processes stay behind until they are killed or the machine ends.
Status start_user_disk(const std::filesystem::path& backing, const Profile& profile);

/// The server's own work: answers the driver's requests on `socket` from the file `backing` until the other end closes,
/// and runs `before_write` before it answers a write.
void serve_requests(int socket, int backing, const std::function<void()>& before_write);

}  // namespace blkhang
