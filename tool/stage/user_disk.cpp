// SPDX-License-Identifier: GPL-2.0-only
#include "stage/user_disk.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/device_size.h"
#include "base/fd.h"
#include "stage/child.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kNbdBlock = 4096;
constexpr auto kConnectTime = std::chrono::seconds(20);

}  // namespace

Status connect_user_disk(const Staging& staging, const std::filesystem::path& backing, const ServeDisk& serve) {
    const auto path = staging.roots.dev() / kUserDisk;
    const Fd disk{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!disk.valid()) {
        return fail(Error(Fault::unsupported, fmt::format("there is no disk {}", kUserDisk))
                        .hint("the kernel needs CONFIG_BLK_DEV_NBD, or its module nbd"));
    }
    const Fd store{::open(backing.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)};
    if (!store.valid()) {
        return fail_errno(fmt::format("opening {} behind {}", backing.string(), kUserDisk));
    }
    const auto bytes = device_size(store.get());
    if (!bytes) {
        return fail_within(bytes.error(), fmt::format("opening {} behind {}", backing.string(), kUserDisk));
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("making a socket pair");
    }
    const Fd kernels{ends[0]};
    const Fd ours{ends[1]};
    if (auto told = staging.ledger.tell(change::UserDisk{path}); !told) {
        return told;
    }
    if (const int failed = staging.calls.connect_nbd(disk.get(), kernels.get(), kNbdBlock, *bytes / kNbdBlock);
        failed != 0) {
        return fail(Error::from_errno(failed, fmt::format("connecting {}", kUserDisk)));
    }
    if (auto served = serve(ours.get(), store.get()); !served) {
        return served;
    }
    // Serves the driver's end: stays inside the call as long as the disk is connected.
    const auto driver = start_child(staging.ledger, "blkhang-nbd", [&] { staging.calls.run_nbd(disk.get()); });
    if (!driver) {
        return fail(driver.error());
    }
    for (const auto deadline = Deadline::after(kConnectTime); !deadline.passed();) {
        std::array<char, 4> any{};
        if (::pread(disk.get(), any.data(), any.size(), 0) == static_cast<ssize_t>(any.size())) {
            return {};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return fail(Fault::broken, fmt::format("{} does not answer", kUserDisk));
}

}  // namespace blkhang
