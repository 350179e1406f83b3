// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

#include "base/result.h"

namespace blkhang {

/// Where a machine's files are; tests have them on a fake tree.
struct RootPaths {
    std::filesystem::path proc = "/proc";
    std::filesystem::path sys = "/sys";
    std::filesystem::path dev = "/dev";
    std::filesystem::path cgroup = "/sys/fs/cgroup";
    std::filesystem::path tmp = "/tmp";
};

/// The same, once they were looked at: none of them is empty, relative or `/`. What is written below such a one would
/// be a file of the machine that a test runs on.
class Roots {
public:
    /// Fault::usage, which names the first that is no good.
    static Result<Roots> make(RootPaths paths);

    [[nodiscard]] const std::filesystem::path& proc() const { return paths_.proc; }
    [[nodiscard]] const std::filesystem::path& sys() const { return paths_.sys; }
    [[nodiscard]] const std::filesystem::path& dev() const { return paths_.dev; }
    /// Where cgroup hierarchies are mounted: v2 there, v1 below.
    [[nodiscard]] const std::filesystem::path& cgroup() const { return paths_.cgroup; }
    [[nodiscard]] const std::filesystem::path& tmp() const { return paths_.tmp; }

    /// Where a kernel's file is that profiles name as on any machine: "/sys/block/vdb/queue/scheduler". Any other stays
    /// as it is.
    [[nodiscard]] std::filesystem::path locate(const std::filesystem::path& file) const;

private:
    explicit Roots(RootPaths paths) : paths_(std::move(paths)) {}
    RootPaths paths_;
};

}  // namespace blkhang
