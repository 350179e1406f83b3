// SPDX-License-Identifier: GPL-2.0-only
#include "lab/busy_host.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace blkhang {

std::chrono::seconds on_busy_host(std::chrono::seconds limit, double load, long cpus) {
    constexpr double kMost = 4;
    const double times = std::clamp(load / static_cast<double>(std::max(cpus, 1L)), 1.0, kMost);
    return std::chrono::duration_cast<std::chrono::seconds>(limit * times);
}

std::chrono::seconds on_this_busy_host(std::chrono::seconds limit) {
    double load = 0;
    return ::getloadavg(&load, 1) == 1 ? on_busy_host(limit, load, ::sysconf(_SC_NPROCESSORS_ONLN)) : limit;
}

}  // namespace blkhang
