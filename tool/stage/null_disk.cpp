// SPDX-License-Identifier: GPL-2.0-only
#include "stage/null_disk.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigfs = "/sys/kernel/config";
constexpr std::uint64_t kMiB = 1U << 20U;

tl::unexpected<Error> cannot_make(std::string_view why) {
    return fail(Error(Fault::unsupported, fmt::format("the disk {} cannot be made: {}", kNullDisk, why))
                    .hint("the kernel needs CONFIG_BLK_DEV_NULL_BLK, or its module null_blk, and CONFIG_CONFIGFS_FS"));
}

}  // namespace

Status make_null_disk(std::uint64_t size) {
    if (::mount("configfs", kConfigfs, "configfs", MS_NOSUID | MS_NOEXEC, "") != 0 && errno != EBUSY) {
        return cannot_make(fail_errno("mounting configfs").value().message());
    }
    const fs::path directory = fs::path(kConfigfs) / "nullb" / kNullDisk;
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
    if (!fs::exists(fs::path("/dev") / kNullDisk)) {
        return cannot_make("the driver gave it another name");
    }
    return {};
}

}  // namespace blkhang
