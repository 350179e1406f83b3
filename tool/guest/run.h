// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "guest/plan_rows.h"
#include "guest/progress.h"
#include "profile/kernel_spec.h"
#include "profile/profile.h"
#include "record/record.h"

namespace blkhang {

/// What a run is asked to be, checked as far as can be without fetching or starting anything.
struct RunRequest {
    Profile profile;
    std::string kernel_text;  ///< as the user wrote it
    KernelSpec kernel;
    std::string plant;                ///< empty for none
    std::filesystem::path directory;  ///< for the record; empty: chosen when the kernel is known
    std::string label;                ///< what to call the kernel in the record; empty: what it came to
    std::optional<std::chrono::seconds> deadline = {};  ///< for the guest; nothing: what its profile may take at most
    int boot_state = -1;                                ///< as GuestPlan has it
};

/// What came of it.
struct RunResult {
    Record record;
    std::filesystem::path directory;
};

/// What run_in_guest() would do. Changes nothing.
PlanRows describe(const RunRequest& request);

/// The whole run: fetch, build, boot, record. An error means that there is no record; a guest that broke leaves one.
Result<RunResult> run_in_guest(RunRequest request, Progress::Kind progress);

}  // namespace blkhang
