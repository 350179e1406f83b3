// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace blkhang {

/// `deb:6.1`: the newest cloud kernel of that series that the catalogue's suites offer.
struct DebSeries {
    std::string series;
};
/// `deb:PACKAGE[@SUITE]`.
struct DebPackage {
    std::string package, suite;
};
/// `file:BZIMAGE[,modules=DIR]`; without modules, a monolithic kernel.
struct ImageFile {
    std::filesystem::path image, modules;
};
/// `tree:DIR`: a kernel build tree.
struct BuildTree {
    std::filesystem::path directory;
};
/// `running`: the image of the kernel that runs here, as installed under /boot.
struct RunningKernel {};

using KernelSpec = std::variant<DebSeries, DebPackage, ImageFile, BuildTree, RunningKernel>;

/// Parses a KERNEL argument; the error names the forms and, for a series, the nearest known one.
Result<KernelSpec> parse_kernel_spec(std::string_view text);

}  // namespace blkhang
