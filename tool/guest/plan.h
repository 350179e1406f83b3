// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "lab/guest.h"
#include "run/job.h"

namespace blkhang {

/// A job that only looks at the kernel.
Job check_job();

/// The guest that a job needs: its size, its disks in the order in which the job names them, and how long all of it may
/// take without KVM.
GuestPlan plan_guest(const Job& job, Kernel kernel, std::filesystem::path plant);

}  // namespace blkhang
