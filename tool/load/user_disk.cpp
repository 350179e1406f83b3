// SPDX-License-Identifier: GPL-2.0-only
#include "load/user_disk.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/nbd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/io_flusher.h"
#include "load/child.h"
#include "load/percpu_array.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kBlock = 4096;
/// The longest request that the driver sends (its default max_sectors is 512 KiB), with room to spare.
constexpr std::size_t kLongest = std::size_t{4} << 20U;
constexpr auto kConnectTime = std::chrono::seconds(20);

bool receive(int socket, void* data, std::size_t size) {
    return ::recv(socket, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

/// Until the other end goes away or talks nonsense. `buffer` is kLongest bytes long.
void answer(int socket, int backing, char* buffer, const std::function<void()>& before_write) {
    nbd_request request{};
    while (receive(socket, &request, sizeof request)) {
        const std::uint32_t type = be32toh(request.type);
        const std::uint32_t length = be32toh(request.len);
        const auto offset = static_cast<off_t>(be64toh(request.from));
        bool done = length <= kLongest;
        const bool writes = type == NBD_CMD_WRITE;
        if (type == NBD_CMD_DISC || !done || (writes && !receive(socket, buffer, length))) {
            return;
        }
        if (writes) {
            before_write();
            done = ::pwrite(backing, buffer, length, offset) == static_cast<ssize_t>(length);
        } else if (type == NBD_CMD_READ) {
            done = ::pread(backing, buffer, length, offset) == static_cast<ssize_t>(length);
        }
        nbd_reply reply{};
        reply.magic = htobe32(NBD_REPLY_MAGIC);
        reply.error = htobe32(done ? 0 : EIO);
        std::memcpy(&reply.handle, &request.handle, sizeof reply.handle);
        const bool answered = write_all(socket, {reinterpret_cast<const char*>(&reply), sizeof reply}).has_value();
        if (!answered || (type == NBD_CMD_READ && done && !write_all(socket, {buffer, length}))) {
            return;
        }
    }
}

void become_server(int socket, int backing, const Profile& profile) {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0 || !write_knob("/proc/self/oom_score_adj", "-1000")) {
        return;
    }
    static_cast<void>(become_io_flusher());  // before 5.6 there is no such thing
    serve_requests(socket, backing, [&] {
        create_percpu_array(profile.percpu.value_size, profile.percpu.entries);  // closed at once
    });
}

}  // namespace

void serve_requests(int socket, int backing, const std::function<void()>& before_write) {
    // A mapping is page aligned, which O_DIRECT needs; populated, because its first use may be under pressure.
    void* const memory =
        ::mmap(nullptr, kLongest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    auto* const buffer = static_cast<char*>(memory);
    answer(socket, backing, buffer, before_write);
    ::munmap(memory, kLongest);
}

Status start_user_disk(const std::filesystem::path& backing, const Profile& profile) {
    const auto path = std::filesystem::path("/dev") / kUserDisk;
    const Fd disk{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!disk.valid()) {
        return fail(Error(Fault::unsupported, fmt::format("there is no disk {}", kUserDisk))
                        .hint("the kernel needs CONFIG_BLK_DEV_NBD, or its module nbd"));
    }
    const Fd store{::open(backing.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)};
    std::uint64_t bytes = 0;
    if (!store.valid() || ::ioctl(store.get(), BLKGETSIZE64, &bytes) != 0) {
        return fail_errno(fmt::format("opening {} behind {}", backing.string(), kUserDisk));
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("making a socket pair");
    }
    const Fd kernels{ends[0]};
    const Fd ours{ends[1]};
    if (::ioctl(disk.get(), NBD_SET_BLKSIZE, kBlock) != 0 ||
        ::ioctl(disk.get(), NBD_SET_SIZE_BLOCKS, bytes / kBlock) != 0 ||
        ::ioctl(disk.get(), NBD_SET_SOCK, kernels.get()) != 0) {
        return fail_errno(fmt::format("connecting {}", kUserDisk));
    }
    const auto server = start_child("blkhang-server", [&] { become_server(ours.get(), store.get(), profile); });
    if (!server) {
        return fail(server.error());
    }
    // Serves the driver's end: stays inside the call as long as the disk is connected.
    const auto driver = start_child("blkhang-nbd", [&] { ::ioctl(disk.get(), NBD_DO_IT); });
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
