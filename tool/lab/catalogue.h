// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// A kernel series and the Debian suites that may carry it, in groups: the newest package of the first group that has
/// any wins. So 6.12 comes from bookworm's own suites, whose headers the host's compiler understands, before trixie's.
struct Series {
    std::string name;
    std::vector<std::vector<std::string>> suites;
};

const std::vector<Series>& known_series();
std::vector<std::string> series_names();
std::vector<std::string> suite_names();  ///< every suite that some series names

/// One line of `apt-cache madison`.
struct PackageVersion {
    std::string package, version, suite;
    bool operator==(const PackageVersion&) const = default;
};
/// All lines whose names are fit to be part of a path.
std::vector<PackageVersion> parse_madison(std::string_view output);

/// Is this the name of a bootable cloud kernel of the series, such as linux-image-6.1.0-56-cloud-amd64? Not a meta
/// package, not an unsigned or debug one, not 6.12 when asked for 6.1.
bool is_cloud_image(std::string_view package, std::string_view series);

/// The highest version; of equals the first. Compares as dpkg does.
const PackageVersion* newest(const std::vector<PackageVersion>& versions);
/// <0, 0, >0 as dpkg --compare-versions orders them.
int compare_versions(std::string_view a, std::string_view b);

/// Which packages of a Depends field bring files that `package` needs to be complete here: the parts that Debian splits
/// kernels (linux-binary-, linux-modules-) and headers (-common, linux-kbuild-) into.
std::vector<std::string> companion_packages(std::string_view depends);

}  // namespace blkhang
