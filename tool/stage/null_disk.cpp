// SPDX-License-Identifier: GPL-2.0-only
#include "stage/null_disk.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "stage/mounts.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1U << 20U;

tl::unexpected<Error> cannot_make(std::string_view why) {
    return fail(Error(Fault::unsupported, fmt::format("the disk {} cannot be made: {}", kNullDisk, why))
                    .hint("the kernel needs CONFIG_BLK_DEV_NULL_BLK, or its module null_blk, and CONFIG_CONFIGFS_FS"));
}

}  // namespace

Status make_null_disk(const Staging& staging, std::uint64_t size) {
    const fs::path configfs = staging.roots.sys() / "kernel" / "config";
    if (auto mounted = mount_at(staging, "configfs", configfs); !mounted) {
        return cannot_make(mounted.error().message());
    }
    const fs::path directory = configfs / "nullb" / kNullDisk;
    if (auto told = staging.ledger.tell(change::NullDisk{directory}); !told) {
        return told;
    }
    std::error_code error;
    fs::create_directory(directory, error);
    if (error) {
        return cannot_make(fmt::format("{}: {}", directory.string(), error.message()));
    }
    for (const auto& [knob, value] :
         {std::pair{"size", std::to_string(size / kMiB)}, {"memory_backed", "1"}, {"discard", "1"}, {"power", "1"}}) {
        if (auto written = write_knob(directory / knob, value); !written) {
            return cannot_make(written.error().message());
        }
    }
    // Older drivers name the disk by its index, newer ones by its directory: kNullDisk is both.
    if (!is_there(staging.roots.dev() / kNullDisk)) {
        return cannot_make("the driver gave it another name");
    }
    return {};
}

}  // namespace blkhang
