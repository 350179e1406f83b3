// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "guest/progress.h"

/// Options that several commands which start runs have, read in one place.
namespace blkhang {

/// What --set says, and --duration, which is short for a load of exactly that length.
std::vector<std::string> sets_of(const Invocation& invocation);

/// What --deadline says, in full seconds; nothing if it was not given.
Result<std::optional<std::chrono::seconds>> deadline_of(const Invocation& invocation);

/// What --give-up says; nothing if it was not given. `has_resort`: something is done then; `resorts`: what asks for
/// that.
Result<std::optional<std::chrono::milliseconds>> give_up_of(const Invocation& invocation, bool has_resort,
                                                            const std::string& resorts);

/// Nothing for the quiet; a live line on a terminal, unless log lines would land in the middle of it.
Progress::Kind progress_kind(const Common& common);

}  // namespace blkhang
