// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "evidence/journal.h"
#include "evidence/surviving_run.h"

namespace blkhang {

/// Reads the block of that number in a journal; what cannot be read is shorter than a block.
using ReadsBlock = std::function<std::string_view(std::uint64_t number)>;

/// The runs that a journal holds, the latest first. Blocks that are torn or damaged are skipped and counted, those of
/// an earlier run whose part was taken are no evidence any more.
std::vector<SurvivingRun> read_journal(const ReadsBlock& read, const JournalLayout& layout, std::string_view source);

/// The same of what a user names: a disk, persistent memory or a file, which is only read.
Result<std::vector<SurvivingRun>> read_journal(const std::filesystem::path& path);

}  // namespace blkhang
