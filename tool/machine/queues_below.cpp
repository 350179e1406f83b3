// SPDX-License-Identifier: GPL-2.0-only
#include "machine/queues_below.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Stacks of devices have three or four; one that never ends is none.
constexpr int kDeepest = 16;

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

/// "8:1"
std::optional<dev_t> device_number(std::string_view text) {
    unsigned major = 0;
    unsigned minor = 0;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, major);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ':') {
        return std::nullopt;
    }
    const auto second = std::from_chars(first.ptr + 1, end, minor);
    return second.ec == std::errc{} && second.ptr == end ? std::optional(makedev(major, minor)) : std::nullopt;
}

tl::unexpected<Error> untold(std::string_view device) {
    return fail(Fault::broken, fmt::format("which disks are below block device {} cannot be told", device));
}

/// Adds what is below the device whose directory in /sys that is.
Status add(const fs::path& directory, const HostRoots& roots, int depth, Queues& queues);

Status add(dev_t device, const HostRoots& roots, int depth, Queues& queues) {
    const std::string number = fmt::format("{}:{}", major(device), minor(device));
    std::error_code problem;
    const auto directory = fs::canonical(roots.sys / "dev/block" / number, problem);
    return problem ? untold(number) : add(directory, roots, depth, queues);
}

Status add_file_of_loop(const fs::path& disk, const HostRoots& roots, int depth, Queues& queues) {
    const auto file = read_file(disk / "loop/backing_file");
    struct stat found {};
    // A file that has gone, or is on no device of this name, may be on any.
    if (!file || ::stat(std::string(first_line(*file)).c_str(), &found) != 0) {
        return untold(disk.filename().string());
    }
    return add(S_ISBLK(found.st_mode) ? found.st_rdev : found.st_dev, roots, depth + 1, queues);
}

Status add(const fs::path& directory, const HostRoots& roots, int depth, Queues& queues) {
    if (depth > kDeepest) {
        return untold(directory.filename().string());
    }
    const fs::path disk = is_there(directory / "partition") ? directory.parent_path() : directory;
    std::error_code problem;
    std::vector<fs::path> parts;
    for (fs::directory_iterator at(disk / "slaves", problem), end; !problem && at != end; at.increment(problem)) {
        parts.push_back(at->path());
    }
    for (const fs::path& part : parts) {
        const auto real = fs::canonical(part, problem);
        if (problem) {
            return untold(part.filename().string());
        }
        if (auto added = add(real, roots, depth + 1, queues); !added) {
            return added;
        }
    }
    if (!parts.empty()) {  // what is put together gives its bios to its parts
        return {};
    }
    queues.insert(disk.filename().string());
    return is_there(disk / "loop/backing_file") ? add_file_of_loop(disk, roots, depth, queues) : Status{};
}

}  // namespace

Result<Queues> queues_below(dev_t device, const HostRoots& roots) {
    Queues queues;
    if (auto added = add(device, roots, 0, queues); !added) {
        return fail(added.error());
    }
    return queues;
}

Result<Queues> queues_of(const fs::path& path, const HostRoots& roots) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return fail_errno(path.string());
    }
    const dev_t device = S_ISBLK(found.st_mode) ? found.st_rdev : found.st_dev;
    if (major(device) == 0) {
        return fail(Error(Fault::unsupported,
                          fmt::format("{}: its file system does not say which disk it is on", path.string()))
                        .hint("btrfs, NFS, overlays and file systems in memory do not"));
    }
    return queues_below(device, roots);
}

Queues queues_at_risk(const HostRoots& roots) {
    Queues queues;
    const auto take = [&](const std::string& name, const Result<Queues>& found) {
        if (found) {
            queues.insert(found->begin(), found->end());
        } else {
            queues.insert(name + "?");
        }
    };
    for (const SwapDevice& swap : gather_host_facts(roots).swaps) {
        take(swap.name, queues_of(swap.name, roots));
    }
    // By mountinfo, so that it is that of the machine which is looked at: `36 35 98:0 / / rw ...`.
    const auto mounts = read_file(roots.proc / "self/mountinfo");
    std::string_view rest = mounts ? std::string_view(*mounts) : std::string_view{};
    while (!rest.empty()) {
        const auto line = first_line(rest);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        std::vector<std::string_view> words;
        for (auto words_left = line; words.size() < 5 && !words_left.empty();) {
            const auto word = words_left.substr(0, words_left.find(' '));
            words.push_back(word);
            words_left.remove_prefix(std::min(words_left.size(), word.size() + 1));
        }
        if (words.size() == 5 && words[4] == "/") {
            if (const auto device = device_number(words[2]); device && major(*device) != 0) {
                take("/", queues_below(*device, roots));
            }
        }
    }
    return queues;
}

}  // namespace blkhang
