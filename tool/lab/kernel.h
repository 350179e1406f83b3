// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/kernel_spec.h"

namespace blkhang {

/// The Debian package that a kernel came from.
struct DebOrigin {
    std::string package, version;
    std::string suite;                ///< that offered it; empty when it came from the cache
    std::vector<std::string> suites;  ///< where its companions, such as its headers, are found
};

/// A kernel that is ready to boot: everything is on local disk.
struct Kernel {
    std::string release;                 ///< `uname -r`
    std::string label;                   ///< the spec it came from, with the exact package version where there is one
    std::filesystem::path image;         ///< bzImage
    std::filesystem::path modules_root;  ///< holds lib/modules/RELEASE; empty for a monolithic kernel
    std::filesystem::path build_tree;    ///< where a module can be built against it; empty when there is none yet
    std::optional<DebOrigin> origin;
    std::string plant;  ///< the bug planted in the kernel that a build tree stands for (see kStandInFile); else empty
};

/// A tree that holds this file instead of a built kernel stands for the kernel that its first line names,
/// `KERNEL[,plant=NAME]`. With it a bisection can be rehearsed before days of compiling go into it.
inline constexpr const char* kStandInFile = "blkhang.kernel";

/// The KERNEL argument for what `spec` came to, from any directory, and also when a newer kernel of its series is out.
std::string pinned_spec(const KernelSpec& spec, const Kernel& kernel);

/// Are the files there that the spec names? What is fetched is not looked for. Fault::usage.
Status check_kernel_files(const KernelSpec& spec);
/// Resolves, fetches (signatures checked by apt) and unpacks into the cache whatever the spec names.
Result<Kernel> obtain_kernel(const KernelSpec& spec);
/// Makes sure that kernel.build_tree exists (fetches the headers packages) and returns it.
Result<std::filesystem::path> obtain_build_tree(Kernel& kernel);

}  // namespace blkhang
