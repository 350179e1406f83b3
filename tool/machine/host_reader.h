// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "machine/facts.h"
#include "machine/kernel_lists.h"

namespace blkhang {

/// Reads the small files in which a machine tells of itself, and keeps what it was not let to read: whoever asks as an
/// ordinary user is to know what the answer leaves out. What is not there reads as empty.
class HostReader {
public:
    explicit HostReader(HostRoots roots = {}) : roots_(std::move(roots)) {}
    [[nodiscard]] const HostRoots& roots() const { return roots_; }

    /// Without blanks and line ends around it.
    std::string text(const std::filesystem::path& file);
    std::vector<std::string> lines(const std::filesystem::path& file);
    /// Of a file that begins with one.
    std::optional<std::int64_t> number(const std::filesystem::path& file);
    /// What is in a directory, sorted.
    std::vector<std::string> names(const std::filesystem::path& directory);
    /// Where a link leads to, as it says; empty where there is none.
    std::string link(const std::filesystem::path& path);

    /// What we see mounted, read once: the way of each file of each virtual machine begins there.
    const std::vector<Mount>& mounts();

    /// One thing more that was not to be had, in words.
    void leave_out(const std::string& what) { left_out_.insert(what); }
    [[nodiscard]] std::vector<std::string> left_out() const { return {left_out_.begin(), left_out_.end()}; }

    /// The file of this machine that a path such as "/dev/vda" or "/sys/block/vda" means, below the roots.
    [[nodiscard]] std::filesystem::path below_roots(const std::filesystem::path& path) const;

private:
    template <typename Content>
    Content or_leave_out(const std::filesystem::path& path, Result<Content> content);

    HostRoots roots_;
    std::optional<std::vector<Mount>> mounts_;
    std::set<std::string> left_out_;
};

/// What HostReader::text() and names() read, for whom it is the same whether it is not there or cannot be read.
std::string line_of(const std::filesystem::path& file);
std::vector<std::string> names_in(const std::filesystem::path& directory);
/// Numbers of the processes there are, as /proc names them.
std::vector<std::string> process_numbers(const std::filesystem::path& proc);
/// Where `path` of the real machine is below the injected roots.
std::filesystem::path injected(const HostRoots& roots, const std::filesystem::path& path);
/// /proc/mounts and /proc/swaps write blanks and backslashes of a path as three octal digits.
std::string plain_path(std::string_view field);

}  // namespace blkhang
