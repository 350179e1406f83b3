// SPDX-License-Identifier: GPL-2.0-only
#include "load/user_disk.h"

#include <endian.h>
#include <linux/nbd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "base/file.h"
#include "base/io_flusher.h"
#include "load/percpu_array.h"
#include "stage/child.h"

namespace blkhang {
namespace {

/// The longest request that the driver sends (its default max_sectors is 512 KiB), with room to spare.
constexpr std::size_t kLongest = std::size_t{4} << 20U;

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

Status start_server(Ledger& ledger, int socket, int backing, const Profile& profile) {
    const auto server = start_child(ledger, "blkhang-server", [&] { become_server(socket, backing, profile); });
    if (!server) {
        return fail(server.error());
    }
    return {};
}

}  // namespace blkhang
