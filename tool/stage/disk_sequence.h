// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "stage/ledger.h"
#include "stage/roots.h"

namespace blkhang {

/// Of the disk that is called so now ("/dev/vdb", or a link to it).
change::DiskSequence disk_sequence(const Roots& roots, const std::filesystem::path& disk);

/// Of the disk that a file of the kernel's is about: the one of that number ("254:16"), or, without a number, the one
/// that the file is an attribute of. None if it is about no disk.
change::DiskSequence disk_sequence_for(const Roots& roots, const std::filesystem::path& file,
                                       const std::string& number);

}  // namespace blkhang
