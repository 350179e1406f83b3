// SPDX-License-Identifier: GPL-2.0-only
#include "load/guest_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/shown.h"
#include "load/disk.h"
#include "load/guest_console.h"

namespace blkhang {
namespace {

constexpr const char* kDisk = "/dev/vda";
constexpr std::uint64_t kAtOnce = 3;  // writes that are under way
constexpr const char* kConsole = "/dev/ttyS0";

}  // namespace

void write_as_guest(const Profile& profile) {
    auto disk = DiskWriter::open({.name = "vda", .number = "", .path = kDisk}, WriteMode::direct, profile.kvm.block);
    if (!disk) {
        complain(shown("blkhang: {}\n", disk.error().message()));
        return;
    }
    const Fd console(::open(kConsole, O_WRONLY | O_NOCTTY | O_CLOEXEC));
    // One that waits for each write before the next leaves its throttle idle in between.
    std::uint64_t offset = 0;
    for (std::uint64_t i = 1; i < kAtOnce && offset == 0; ++i) {
        if (::fork() == 0) {
            offset = profile.kvm.disk / kAtOnce * i;
        }
    }
    for (; disk->put_at(offset); offset += disk->block()) {
        static_cast<void>(::write(console.get(), &kWroteOne, 1));
    }
    complain(shown("blkhang: writing to {} failed\n", kDisk));
}

}  // namespace blkhang
