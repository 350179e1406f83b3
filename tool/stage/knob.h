// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "stage/ledger.h"
#include "stage/staging.h"

namespace blkhang {

/// What a kernel file that reads so is set to: "mq-deadline" of "[mq-deadline] none", else its first line.
std::string setting_in(std::string_view content);

/// Tells what the file holds now, before somebody writes to it. `disk` is "MAJOR:MINOR" where the file has a line for
/// each disk, else empty. A file that cannot be read, or that has no such line, is told without its old value.
Status tell_of_knob(const Staging& staging, const std::filesystem::path& file, const std::string& disk = "");

/// Tells, and writes with a single write(2).
Status set_knob(const Staging& staging, const std::filesystem::path& file, const std::string& value);

}  // namespace blkhang
