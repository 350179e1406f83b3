// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// `deb:6.1`: the newest cloud kernel of that series that the catalogue's suites offer.
struct DebSeries {
    std::string series;
};
/// `deb:PACKAGE[=VERSION][@SUITE]`; without a version, the newest.
struct DebPackage {
    std::string package, version, suite;
};
/// `file:BZIMAGE[,modules=DIR]`; without modules, a monolithic kernel.
struct ImageFile {
    std::filesystem::path image, modules;
};
/// `tree:DIR`: a kernel build tree, or a directory whose file blkhang.kernel names the kernel that it stands for.
struct BuildTree {
    std::filesystem::path directory;
};
/// `running`: the image of the kernel that runs here, as installed under /boot.
struct RunningKernel {};

using KernelSpec = std::variant<DebSeries, DebPackage, ImageFile, BuildTree, RunningKernel>;

/// Parses a KERNEL argument; the error names the forms and, for a series, the nearest known one.
Result<KernelSpec> parse_kernel_spec(std::string_view text);

/// `KERNEL[,plant=NAME]`: a kernel, and the known bug planted into it.
struct KernelChoice {
    std::string kernel;  ///< the text of the spec
    KernelSpec spec;
    std::string plant;  ///< empty for none; not checked to exist
};
Result<KernelChoice> parse_kernel_choice(std::string_view text);
/// The items of `A,B,...`, where `,modules=` and `,plant=` belong to the kernel before them. Not parsed further.
std::vector<std::string> split_kernels(std::string_view list);

}  // namespace blkhang
