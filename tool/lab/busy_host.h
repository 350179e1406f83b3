// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>

namespace blkhang {

/// A limit that is right where a guest has the CPUs to itself, for a host on which so many processes want to run on so
/// many CPUs: longer by as much as each has to wait, but no more than four times as long.
std::chrono::seconds on_busy_host(std::chrono::seconds limit, double load, long cpus);
/// For this host, as it has been for the last minute.
std::chrono::seconds on_this_busy_host(std::chrono::seconds limit);

}  // namespace blkhang
