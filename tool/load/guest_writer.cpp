// SPDX-License-Identifier: GPL-2.0-only
#include "load/guest_writer.h"

#include <unistd.h>

#include <fmt/format.h>

#include "base/shown.h"
#include "load/disk.h"
#include "load/guest_console.h"

namespace blkhang {
namespace {

constexpr const char* kDisk = "/dev/vda";

}  // namespace

void write_as_guest(const Profile& profile) {
    auto disk = DiskWriter::open({.name = "vda", .number = "", .path = kDisk}, WriteMode::direct, profile.kvm.block);
    if (!disk) {
        complain(shown("blkhang: {}\n", disk.error().message()));
        return;
    }
    for (std::uint64_t offset = 0; disk->write_at(offset); offset += disk->block()) {
        static_cast<void>(::write(STDOUT_FILENO, &kWroteOne, 1));
    }
    complain(shown("blkhang: writing to {} failed\n", kDisk));
}

}  // namespace blkhang
