// SPDX-License-Identifier: GPL-2.0-only
#include "stage/disk_sequence.h"

#include <cstdint>
#include <system_error>

#include "base/number.h"
#include "machine/host_reader.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

change::DiskSequence sequence_in(const fs::path& disk) { return number_in<std::uint64_t>(line_of(disk / "diskseq")); }

}  // namespace

change::DiskSequence disk_sequence(const Roots& roots, const fs::path& disk) {
    std::error_code gone;
    const auto real = fs::canonical(disk, gone);
    return sequence_in(roots.sys() / "class" / "block" / (gone ? disk : real).filename());
}

change::DiskSequence disk_sequence_for(const Roots& roots, const fs::path& file, const std::string& number) {
    if (!number.empty()) {
        return sequence_in(roots.sys() / "dev" / "block" / number);
    }
    // "/sys/block/vdb/queue/scheduler": its attributes lie a directory or two below the disk's own.
    for (fs::path above = file.parent_path(); above.has_relative_path(); above = above.parent_path()) {
        if (const auto sequence = sequence_in(above)) {
            return sequence;
        }
    }
    return {};
}

}  // namespace blkhang
