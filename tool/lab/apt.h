// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "base/result.h"
#include "lab/catalogue.h"

namespace blkhang {

/// The Debian mirrors that this host's own apt uses. Packages of other suites come from the same place.
struct Mirrors {
    std::string archive;
    std::string security;  ///< empty when the host has no security source
};
/// Reads `apt-get indextargets --format '$(REPO_URI) $(RELEASE)'`.
Result<Mirrors> parse_mirrors(std::string_view index_targets);

/// What of the host's configuration, as `apt-config dump` prints it, has to hold for ours: how to reach the mirrors.
std::string network_settings(std::string_view dump);

/// The sources.list for these suites; a security suite without a security mirror is left out.
std::string sources_list(const Mirrors& mirrors, const std::vector<std::string>& suites);

/// apt with configuration, lists, sources and cache of its own, so that kernels of any suite can be fetched without
/// touching the host's package management, and so that signatures are checked against the Debian archive's keys
/// whatever the host's configuration says. Of that only mirrors and network_settings() are taken over. Not safe against
/// a second user of the same directory: hold a FileLock.
class Apt {
public:
    /// Prepares the configuration under `directory`; no network yet.
    static Result<Apt> prepare(const std::filesystem::path& directory, const std::vector<std::string>& suites);

    /// Fetches the package lists if they are older than a day, or in any case.
    Status refresh(bool in_any_case);
    /// Every version of these packages that the lists offer.
    Result<std::vector<PackageVersion>> versions(const std::vector<std::string>& packages) const;
    /// Names of packages that begin so.
    Result<std::vector<std::string>> names(const std::string& prefix) const;
    /// `package` and what companion_packages() finds in its dependencies, theirs included, each as apt argument
    /// (`name=version`, or `name` where any version goes).
    Result<std::vector<std::string>> with_companions(const std::string& package, const std::string& version) const;
    /// Downloads .deb files into `directory`; checksums are checked against the signed lists.
    Status download(const std::vector<std::string>& packages, const std::filesystem::path& directory) const;
    /// The same, with all that they depend on, as for a machine on which nothing is installed.
    Status download_with_dependencies(const std::vector<std::string>& packages,
                                      const std::filesystem::path& directory) const;

private:
    explicit Apt(std::filesystem::path directory) : directory_(std::move(directory)) {}
    Status fetch(const std::vector<std::string>& arguments, const std::vector<std::string>& packages,
                 const std::filesystem::path& directory) const;
    /// With our configuration, which keeps the host's out.
    [[nodiscard]] Result<std::string> call(const std::vector<std::string>& command, Deadline deadline,
                                           CommandOptions options = {}) const;
    std::filesystem::path directory_;
};

}  // namespace blkhang
