// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "evidence/journal.h"
#include "machine/facts.h"

namespace blkhang {

/// A journal that is open for writing.
struct OpenJournal {
    Fd file;  ///< O_DIRECT | O_DSYNC, and locked
    Fd held;  ///< of a device: opened exclusively, so that nobody mounts it as long as this is open
    std::uint64_t offset = 0;
    JournalLayout layout;
};

/// Opens the place that the user named for a journal, and makes it one if it is none yet:
///
/// * a whole disk, or persistent memory, that `blkhang prepare` has marked for it. Memory that a power cut has emptied
///   has to be marked anew: without a mark no device is ever written to;
/// * a file: made anew, with all its blocks written, or one that is a journal already. Not of a file system that keeps
///   what is written for later, or allocates for each write.
///
/// Nothing else is written to. Fault::usage says why not.
Result<OpenJournal> open_journal_place(const std::filesystem::path& path);

/// What speaks against a place for a journal that is open for it, in a sentence: it is on a disk that stops when a hang
/// of this family does its work (machine/queues_below.h), or it cannot be told. Nothing if it is apart.
std::optional<std::string> doubt_about_place(const std::filesystem::path& path, const HostRoots& roots = {});

/// What a journal gets that is a file, unless one is there.
inline constexpr std::uint64_t kJournalFile = std::uint64_t{16} << 20U;

}  // namespace blkhang
