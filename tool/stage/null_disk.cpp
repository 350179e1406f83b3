// SPDX-License-Identifier: GPL-2.0-only
#include "stage/null_disk.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/words.h"
#include "stage/mounts.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1U << 20U;

tl::unexpected<Error> cannot_make(const std::string& disk, std::string_view why) {
    return fail(Error(Fault::unsupported, fmt::format("the disk {} cannot be made: {}", disk, why))
                    .hint("the kernel needs CONFIG_BLK_DEV_NULL_BLK, or its module null_blk, and CONFIG_CONFIGFS_FS"));
}

}  // namespace

Result<std::string> make_null_disk(const Staging& staging, const std::string& name, std::uint64_t size) {
    const fs::path configfs = staging.roots.sys() / "kernel" / "config";
    if (auto mounted = mount_at(staging, "configfs", configfs); !mounted) {
        return cannot_make(name, mounted.error().message());
    }
    const fs::path directory = configfs / "nullb" / name;
    // One that is there says "0" or "1". It is another's, and must not be told: what is told is removed some day.
    if (!stripped(read_file(directory / "power").value_or("")).empty()) {
        return fail(Fault::usage,
                    fmt::format("the disk {} cannot be made: {} is there already", name, directory.string()));
    }
    if (auto told = staging.ledger.tell(change::NullDisk{directory}); !told) {
        return fail(told.error());
    }
    std::error_code error;
    fs::create_directory(directory, error);
    if (error) {
        return cannot_make(name, fmt::format("{}: {}", directory.string(), error.message()));
    }
    for (const auto& [knob, value] :
         {std::pair{"size", std::to_string(size / kMiB)}, {"memory_backed", "1"}, {"discard", "1"}, {"power", "1"}}) {
        if (auto written = write_knob(directory / knob, value); !written) {
            return cannot_make(name, written.error().message());
        }
    }
    for (const auto& disk : null_disk_names(directory)) {
        if (is_there(staging.roots.dev() / disk)) {
            return disk;
        }
    }
    return cannot_make(name, "the driver gave it another name");
}

std::vector<std::string> null_disk_names(const fs::path& directory) {
    std::vector<std::string> names{directory.filename().string()};
    if (const auto index = read_file(directory / "index"); index && !stripped(*index).empty()) {
        names.push_back(fmt::format("nullb{}", stripped(*index)));
    }
    return names;
}

Status make_null_disk(const Staging& staging, std::uint64_t size) {
    const auto made = make_null_disk(staging, kNullDisk, size);
    if (!made) {
        return fail(made.error());
    }
    return *made == kNullDisk ? Status() : cannot_make(kNullDisk, "the driver gave it another name");
}

}  // namespace blkhang
