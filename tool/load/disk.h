// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "profile/profile.h"
#include "stage/disk.h"

namespace blkhang {

/// A whole disk opened for the load's writes, with a buffer that O_DIRECT accepts.
class DiskWriter {
public:
    /// `block` is the size of one write in bytes, a multiple of 512.
    static Result<DiskWriter> open(const Disk& disk, WriteMode mode, std::uint64_t block);
    DiskWriter(DiskWriter&& other) noexcept;
    DiskWriter& operator=(DiskWriter&&) = delete;
    DiskWriter(const DiskWriter&) = delete;
    DiskWriter& operator=(const DiskWriter&) = delete;
    ~DiskWriter();

    /// One block at this byte offset behind the disk's margin (taken modulo what is between its margins), followed by
    /// fsync. False if it failed.
    bool write_at(std::uint64_t offset) { return put_at(offset) && sync(); }
    /// The same without fsync.
    bool put_at(std::uint64_t offset);
    [[nodiscard]] std::uint64_t block() const { return block_; }

private:
    bool sync();
    DiskWriter(Fd fd, void* buffer, std::uint64_t block, std::uint64_t first, std::uint64_t blocks)
        : fd_(std::move(fd)), buffer_(buffer), block_(block), first_(first), blocks_(blocks) {}
    Fd fd_;
    void* buffer_;
    std::uint64_t block_;   ///< bytes
    std::uint64_t first_;   ///< byte of the disk that the load may write to
    std::uint64_t blocks_;  ///< that there are from there on
};

}  // namespace blkhang
