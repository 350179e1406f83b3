// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/kernel.h"

namespace blkhang {

using Fingerprints = std::map<std::string, std::string>;

/// A kernel of the catalogue, as it stands now.
struct KnownKernel {
    std::string spec;                     ///< KERNEL argument: deb:SERIES
    std::string package, version, suite;  ///< the newest that the suites offer, else the newest in the cache; or empty
    bool offered = false;                 ///< by the suites, as far as they can be reached
    bool cached = false;
    std::string problem;                       ///< why the suites could not be asked
    std::optional<Fingerprints> fingerprints;  ///< once a run or check has seen this very version
};

/// Every series of the catalogue. Looks at the package lists, which are fetched if they are old; fetches no kernel.
std::vector<KnownKernel> known_kernels(const std::filesystem::path& cache);

/// Keeps what a kernel from a package said of itself; the same for ever, so it is kept in the cache. A convenience for
/// later: if it fails, nothing is lost.
void remember_fingerprints(const Kernel& kernel, const Fingerprints& fingerprints);
std::optional<Fingerprints> remembered_fingerprints(const std::filesystem::path& cache, const std::string& package,
                                                    const std::string& version);

}  // namespace blkhang
