// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string_view>

#include "base/result.h"

struct archive;

namespace blkhang {

/// Writes an initramfs (newc cpio, uncompressed: unpacking costs an emulated guest more than reading) to a descriptor.
/// Parent directories come by themselves. The first failure sticks; finish() returns it.
class CpioWriter {
public:
    explicit CpioWriter(int fd);  ///< the descriptor stays the caller's
    CpioWriter(const CpioWriter&) = delete;
    CpioWriter& operator=(const CpioWriter&) = delete;
    ~CpioWriter();

    void directory(const std::filesystem::path& path);
    void file(const std::filesystem::path& path, std::string_view content, bool executable = false);
    void character_device(const std::filesystem::path& path, unsigned major, unsigned minor);
    /// Ends the archive.
    Status finish();

private:
    void entry(const std::filesystem::path& path, unsigned mode, std::string_view content, unsigned device = 0);
    void parents_of(const std::filesystem::path& path);
    void check(int outcome);

    std::unique_ptr<archive, int (*)(archive*)> archive_;
    std::set<std::filesystem::path> directories_;
    Status status_;
};

}  // namespace blkhang
