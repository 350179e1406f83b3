// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "lab/catalogue.h"
#include "lab/kernel.h"

namespace blkhang {

/// The newest kernel of a series, or the named package, fetched into the cache. Without network what the cache holds
/// must do, which is logged. An unknown series, suite or package is the user's mistake; the error lists what exists.
Result<Kernel> obtain_deb_kernel(const std::filesystem::path& cache, const DebSeries& spec);
Result<Kernel> obtain_deb_kernel(const std::filesystem::path& cache, const DebPackage& spec);

/// The package that a series stands for at the moment.
struct FoundKernel {
    PackageVersion package;
    bool offered;  ///< by the suites; else only the cache has it
    bool cached;
};
/// Looks, and fetches nothing but package lists.
Result<FoundKernel> find_deb_kernel(const std::filesystem::path& cache, const DebSeries& spec);

/// The headers that belong to the kernel, usable from the cache.
Result<std::filesystem::path> obtain_deb_headers(const std::filesystem::path& cache, const Kernel& kernel);

/// Looks through an unpacked kernel package: release, image and modules.
Result<Kernel> kernel_in_tree(const std::filesystem::path& root);
/// Lets Debian's header packages, unpacked at `root`, be used from `home`: their makefiles name /usr/src.
Status relocate_headers(const std::filesystem::path& root, const std::filesystem::path& home);

}  // namespace blkhang
