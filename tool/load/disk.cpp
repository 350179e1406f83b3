// SPDX-License-Identifier: GPL-2.0-only
#include "load/disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace blkhang {

Result<DiskWriter> DiskWriter::open(const std::filesystem::path& disk, WriteMode mode, std::uint64_t block) {
    const int direct = mode == WriteMode::direct ? O_DIRECT : 0;
    Fd fd{::open(disk.c_str(), O_WRONLY | O_CLOEXEC | direct)};
    std::uint64_t bytes = 0;
    if (!fd.valid() || ::ioctl(fd.get(), BLKGETSIZE64, &bytes) != 0) {
        return fail_errno(fmt::format("opening the writers' disk {}", disk.string()));
    }
    if (bytes < block) {
        return fail(Fault::unsupported,
                    fmt::format("disk {} is smaller than one block of {} bytes", disk.string(), block));
    }
    // A mapping is page aligned, which O_DIRECT needs.
    void* buffer = ::mmap(nullptr, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED) {
        return fail_errno("mapping a write buffer");
    }
    std::memset(buffer, 0x5a, block);
    return DiskWriter(std::move(fd), buffer, block, bytes / block);
}

DiskWriter::DiskWriter(DiskWriter&& other) noexcept
    : fd_(std::move(other.fd_)),
      buffer_(std::exchange(other.buffer_, nullptr)),
      block_(other.block_),
      blocks_(other.blocks_) {}

DiskWriter::~DiskWriter() {
    if (buffer_ != nullptr) {
        ::munmap(buffer_, block_);
    }
}

bool DiskWriter::write_at(std::uint64_t offset) {
    const auto aligned = offset / block_ % blocks_ * block_;
    const auto written = ::pwrite(fd_.get(), buffer_, block_, static_cast<off_t>(aligned));
    return written == static_cast<ssize_t>(block_) && ::fsync(fd_.get()) == 0;
}

Result<Disk> find_disk(const std::string& name) {
    Disk disk{name, {}};
    auto number = disk_number(disk.path());
    if (!number) {
        return fail(std::move(number.error()));
    }
    disk.number = std::move(*number);
    return disk;
}

Result<std::string> disk_number(const std::filesystem::path& disk) {
    struct stat info {};
    if (::stat(disk.c_str(), &info) != 0) {
        return fail_errno(fmt::format("looking at disk {}", disk.string()));
    }
    if (!S_ISBLK(info.st_mode)) {
        return fail(Fault::usage, fmt::format("{} is not a block device", disk.string()));
    }
    return fmt::format("{}:{}", major(info.st_rdev), minor(info.st_rdev));
}

}  // namespace blkhang
