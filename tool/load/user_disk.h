// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/ledger.h"

namespace blkhang {

/// Has a process of ours answer the driver nbd on `socket` from the open disk `backing`: it creates a BPF per-CPU array
/// before it answers a write. Its memory is locked and it is a PR_SET_IO_FLUSHER, as the server of a swap disk must be:
/// what it then still waits for is the kernel's doing.
Status start_server(Ledger& ledger, int socket, int backing, const Profile& profile);

/// The server's own work: answers the driver's requests on `socket` from the file `backing` until the other end closes,
/// and runs `before_write` before it answers a write.
void serve_requests(int socket, int backing, const std::function<void()>& before_write);

}  // namespace blkhang
