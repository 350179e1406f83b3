// SPDX-License-Identifier: GPL-2.0-only
#include "lab/deb_kernel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/signals.h"
#include "lab/apt.h"
#include "lab/cache.h"
#include "lab/catalogue.h"
#include "lab/deb_tree.h"
#include "lab/modules.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

using Wanted = std::function<bool(std::string_view package)>;
using SuiteGroups = std::vector<std::vector<std::string>>;

std::vector<std::string> flat(const SuiteGroups& groups) {
    std::vector<std::string> suites;
    for (const auto& group : groups) {
        suites.insert(suites.end(), group.begin(), group.end());
    }
    return suites;
}

/// Another blkhang may be fetching the same kernel over a slow line.
Result<FileLock> lock_cache(const fs::path& cache) {
    return FileLock::acquire(cache / "lock", Deadline::after(std::chrono::minutes(20)));
}

fs::path tree_of(const fs::path& cache, const PackageVersion& package) {
    return cache / "kernels" / fmt::format("{}_{}", package.package, package.version);
}

std::vector<PackageVersion> cached_packages(const fs::path& cache, const Wanted& wanted) {
    std::vector<PackageVersion> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(cache / "kernels", none)) {
        const std::string name = entry.path().filename();
        const auto underscore = name.find('_');
        if (underscore != std::string::npos && wanted(std::string_view(name).substr(0, underscore)) &&
            deb_tree_is_whole(entry.path())) {
            found.push_back({name.substr(0, underscore), name.substr(underscore + 1), ""});
        }
    }
    return found;
}

Status finish_kernel(const fs::path& root) {
    // From 7.x on packages are laid out for a merged /usr.
    if (!fs::exists(root / "lib") && fs::exists(root / "usr/lib")) {
        std::error_code problem;
        fs::create_symlink("usr/lib", root / "lib", problem);
        if (problem) {
            return fail(Error::from_errno(problem.value(), "cannot make the tree's /lib"));
        }
    }
    auto kernel = kernel_in_tree(root);
    if (!kernel) {
        return fail(kernel.error());
    }
    return index_modules(root, kernel->release);
}

std::optional<PackageVersion> newest_of_first_group(const std::vector<PackageVersion>& versions,
                                                    const SuiteGroups& groups) {
    for (const auto& group : groups) {
        std::vector<PackageVersion> here;
        std::copy_if(versions.begin(), versions.end(), std::back_inserter(here), [&](const PackageVersion& each) {
            return std::find(group.begin(), group.end(), each.suite) != group.end();
        });
        if (const PackageVersion* best = newest(here); best != nullptr) {
            return *best;
        }
    }
    return std::nullopt;
}

Result<Kernel> kernel_of(const fs::path& cache, const PackageVersion& package, const SuiteGroups& groups) {
    auto kernel = kernel_in_tree(tree_of(cache, package));
    if (kernel) {
        kernel->origin = DebOrigin{package.package, package.version, flat(groups)};
    }
    return kernel;
}

/// Resolves what the mirror offers now, and makes sure that the cache holds it.
Result<PackageVersion> fetch_newest(const fs::path& cache, const SuiteGroups& groups, const std::string& prefix,
                                    const Wanted& wanted) {
    const auto suites = flat(groups);
    auto apt = Apt::prepare(cache / "apt" / content_key(fmt::format("{}", fmt::join(suites, " "))), suites);
    if (!apt) {
        return fail(apt.error());
    }
    const Status fresh = apt->refresh(false);
    if (interrupted()) {
        return fail(Fault::broken, "interrupted");
    }
    auto names = apt->names(prefix);
    if (!names) {
        return fail(names.error());
    }
    const auto offered = *names;
    std::erase_if(*names, [&](const std::string& name) { return !wanted(name); });
    auto versions = apt->versions(*names);
    if (!versions) {
        return fail(versions.error());
    }
    const auto package = newest_of_first_group(*versions, groups);
    if (!package) {
        if (!fresh) {
            return fail(fresh.error());
        }
        std::vector<std::string> cloud;
        std::copy_if(offered.begin(), offered.end(), std::back_inserter(cloud),
                     [](const std::string& name) { return name.ends_with("-cloud-amd64"); });
        std::sort(cloud.begin(), cloud.end());
        return fail(Error(Fault::usage, fmt::format("no such kernel package in {}", fmt::join(suites, ", ")))
                        .hint(cloud.empty()
                                  ? fmt::format("series in the catalogue: {}", fmt::join(series_names(), ", "))
                                  : fmt::format("there are: {}", fmt::join(cloud, ", "))));
    }
    if (!fresh) {
        spdlog::warn("going by old package lists: {}", fresh.error().message());
    }
    const fs::path tree = tree_of(cache, *package);
    if (deb_tree_is_whole(tree)) {
        return *package;
    }
    std::error_code problem;
    fs::create_directories(tree.parent_path(), problem);
    spdlog::info("fetching {} {}", package->package, package->version);
    if (Status got = fetch_deb_tree(*apt, package->package, package->version, tree, finish_kernel); !got) {
        return fail(got.error());
    }
    return *package;
}

Result<Kernel> obtain(const fs::path& cache, const SuiteGroups& groups, const std::string& prefix,
                      const Wanted& wanted) {
    auto lock = lock_cache(cache);
    if (!lock) {
        return fail(lock.error());
    }
    auto package = fetch_newest(cache, groups, prefix, wanted);
    if (package) {
        return kernel_of(cache, *package, groups);
    }
    const auto cached = cached_packages(cache, wanted);
    const PackageVersion* best = newest(cached);
    if (best == nullptr || interrupted()) {
        return fail(package.error());
    }
    spdlog::warn("{}; using {} {} from the cache", package.error().message(), best->package, best->version);
    return kernel_of(cache, *best, groups);
}

}  // namespace

Result<Kernel> kernel_in_tree(const fs::path& root) {
    std::error_code none;
    for (const fs::path& modules : {root / "lib/modules", root / "usr/lib/modules"}) {
        for (const auto& entry : fs::directory_iterator(modules, none)) {
            const std::string release = entry.path().filename();
            for (const fs::path& image : {root / "boot" / ("vmlinuz-" + release), entry.path() / "vmlinuz"}) {
                if (fs::exists(image)) {
                    return Kernel{release, "", image, root, {}, {}};
                }
            }
        }
    }
    return fail(Error(Fault::broken, fmt::format("no kernel image and modules in {}", root.string()))
                    .hint("name a linux-image package"));
}

Result<Kernel> obtain_deb_kernel(const fs::path& cache, const DebSeries& spec) {
    const auto& known = known_series();
    const auto series =
        std::find_if(known.begin(), known.end(), [&](const Series& each) { return each.name == spec.series; });
    if (series == known.end()) {
        return fail(Error(Fault::usage, fmt::format("no kernel series '{}' in the catalogue{}", spec.series,
                                                    did_you_mean(spec.series, series_names())))
                        .hint(fmt::format("known: {}", fmt::join(series_names(), ", "))));
    }
    auto kernel = obtain(cache, series->suites, fmt::format("linux-image-{}.", spec.series),
                         [&](std::string_view package) { return is_cloud_image(package, spec.series); });
    if (!kernel) {
        return fail_within(kernel.error(), fmt::format("deb:{}", spec.series));
    }
    kernel->label = fmt::format("deb:{} ({} {})", spec.series, kernel->origin->package, kernel->origin->version);
    return kernel;
}

Result<Kernel> obtain_deb_kernel(const fs::path& cache, const DebPackage& spec) {
    const auto suites = suite_names();
    if (!spec.suite.empty() && std::find(suites.begin(), suites.end(), spec.suite) == suites.end()) {
        return fail(
            Error(Fault::usage, fmt::format("unknown suite '{}'{}", spec.suite, did_you_mean(spec.suite, suites)))
                .hint(fmt::format("known: {}", fmt::join(suites, ", "))));
    }
    const SuiteGroups groups{spec.suite.empty() ? suites : std::vector{spec.suite}};
    auto kernel =
        obtain(cache, groups, "linux-image-", [&](std::string_view package) { return package == spec.package; });
    if (!kernel) {
        return fail_within(kernel.error(), fmt::format("deb:{}", spec.package));
    }
    kernel->label = fmt::format("deb:{} ({})", spec.package, kernel->origin->version);
    return kernel;
}

Status relocate_headers(const fs::path& root, const fs::path& home) {
    for (const auto& entry : fs::directory_iterator(root / "usr/src")) {
        const fs::path makefile = entry.path() / "Makefile";
        if (entry.is_symlink() || !fs::exists(makefile)) {
            continue;
        }
        auto text = read_file(makefile);
        if (!text) {
            return fail(text.error());
        }
        constexpr std::string_view kInclude = "include /usr/src/";
        const auto at = text->find(kInclude);
        if (at == std::string::npos) {
            continue;
        }
        text->replace(at, kInclude.size(), fmt::format("include {}/usr/src/", home.string()));
        if (Status written = write_file(makefile, *text); !written) {
            return written;
        }
    }
    return {};
}

Result<fs::path> obtain_deb_headers(const fs::path& cache, const Kernel& kernel) {
    const std::string package = fmt::format("linux-headers-{}", kernel.release);
    const DebOrigin& origin = *kernel.origin;
    auto lock = lock_cache(cache);
    if (!lock) {
        return fail(lock.error());
    }
    const fs::path tree = cache / "headers" / fmt::format("{}_{}", package, origin.version);
    fs::path build_tree = tree / "usr/src" / package;
    if (deb_tree_is_whole(tree)) {
        return build_tree;
    }
    std::error_code problem;
    fs::create_directories(tree.parent_path(), problem);
    auto apt =
        Apt::prepare(cache / "apt" / content_key(fmt::format("{}", fmt::join(origin.suites, " "))), origin.suites);
    if (!apt) {
        return fail(apt.error());
    }
    spdlog::info("fetching {} {}", package, origin.version);
    const Status got = fetch_deb_tree(*apt, package, origin.version, tree,
                                      [&](const fs::path& root) { return relocate_headers(root, tree); });
    if (!got) {
        return fail_within(got.error(), fmt::format("getting headers for {}", kernel.release));
    }
    return build_tree;
}

}  // namespace blkhang
