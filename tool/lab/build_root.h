// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/cache.h"
#include "lab/kernel.h"

namespace blkhang {

/// Why a module for this kernel cannot be built with this machine's own tools; nothing if it can. Asks the tools: gcc
/// must not be older than the one that the kernel was configured for, and the tree's programs must run here.
std::optional<std::string> why_not_here(const std::filesystem::path& build_tree);

/// Major version of the gcc that the kernel was configured for; 0 when the configuration does not say.
int configured_gcc(std::string_view config);

/// The Debian release that a suite belongs to: trixie for trixie-backports.
std::string base_suite(std::string_view suite);

/// A small file tree in the cache (some 250 MiB) with the compiler and the tools of another Debian release, in which
/// make runs by chroot. Nothing is mounted for it where root may make device nodes, and nothing of it is ever
/// installed: packages, fetched with signatures checked, are only unpacked. Held by one blkhang at a time.
class BuildRoot {
public:
    /// The tree for kernels of this origin, fetched if need be.
    static Result<BuildRoot> obtain(const std::filesystem::path& cache, const Kernel& kernel);

    /// Runs make in `build_tree`, which lies in the headers' own tree, on a copy of `module`, a directory of sources;
    /// returns the content of the file `product` in there.
    Result<std::string> make(const std::filesystem::path& build_tree, const std::filesystem::path& module,
                             const std::vector<std::string>& arguments, const std::string& product) const;

private:
    BuildRoot(FileLock lock, std::filesystem::path root, std::string compiler)
        : lock_(std::move(lock)), root_(std::move(root)), compiler_(std::move(compiler)) {}
    /// What changes from build to build is all in here, out of sight of the tree's seal.
    [[nodiscard]] std::filesystem::path scratch() const { return root_ / "build"; }
    [[nodiscard]] Result<std::vector<std::string>> entering() const;

    FileLock lock_;
    std::filesystem::path root_;
    std::string compiler_;
};

}  // namespace blkhang
