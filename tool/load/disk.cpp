// SPDX-License-Identifier: GPL-2.0-only
#include "load/disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/device_size.h"

namespace blkhang {

Result<DiskWriter> DiskWriter::open(const Disk& disk, WriteMode mode, std::uint64_t block) {
    const int direct = mode == WriteMode::direct ? O_DIRECT : 0;
    Fd fd{::open(disk.path.c_str(), O_WRONLY | O_CLOEXEC | direct)};
    if (!fd.valid()) {
        return fail_errno(fmt::format("opening the writers' disk {}", disk.path.string()));
    }
    const auto bytes = device_size(fd.get());
    if (!bytes) {
        return fail_within(bytes.error(), fmt::format("opening the writers' disk {}", disk.path.string()));
    }
    if (*bytes < 2 * disk.margin + block) {
        return fail(Fault::unsupported,
                    fmt::format("disk {} has no room for one block of {} bytes", disk.path.string(), block));
    }
    // A mapping is page aligned, which O_DIRECT needs.
    void* buffer = ::mmap(nullptr, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED) {
        return fail_errno("mapping a write buffer");
    }
    std::memset(buffer, 0x5a, block);
    return DiskWriter(std::move(fd), buffer, block, disk.margin, (*bytes - 2 * disk.margin) / block);
}

DiskWriter::DiskWriter(DiskWriter&& other) noexcept
    : fd_(std::move(other.fd_)),
      buffer_(std::exchange(other.buffer_, nullptr)),
      block_(other.block_),
      first_(other.first_),
      blocks_(other.blocks_) {}

DiskWriter::~DiskWriter() {
    if (buffer_ != nullptr) {
        ::munmap(buffer_, block_);
    }
}

bool DiskWriter::sync() { return ::fsync(fd_.get()) == 0; }

bool DiskWriter::put_at(std::uint64_t offset) {
    const auto aligned = first_ + offset / block_ % blocks_ * block_;
    const auto written = ::pwrite(fd_.get(), buffer_, block_, static_cast<off_t>(aligned));
    return written == static_cast<ssize_t>(block_);
}

}  // namespace blkhang
