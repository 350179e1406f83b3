// SPDX-License-Identifier: GPL-2.0-only
#include "lab/deb_kernel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/file.h"
#include "base/nearest.h"
#include "base/path_name.h"
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

/// Which package to look for, and where.
struct Query {
    SuiteGroups groups;
    std::string prefix;  ///< of its name
    Wanted wanted;
    std::string version;  ///< empty: the newest
};

std::vector<std::string> flat(const SuiteGroups& groups) {
    std::vector<std::string> suites;
    for (const auto& group : groups) {
        suites.insert(suites.end(), group.begin(), group.end());
    }
    return suites;
}

fs::path tree_of(const fs::path& cache, const PackageVersion& package) {
    return cache / "kernels" / fmt::format("{}_{}", package.package, package.version);
}

std::vector<PackageVersion> cached_packages(const fs::path& cache, const Query& query) {
    std::vector<PackageVersion> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(cache / "kernels", none)) {
        const std::string name = entry.path().filename();
        const auto underscore = name.find('_');
        if (underscore == std::string::npos || is_scratch(name)) {
            continue;
        }
        PackageVersion package{name.substr(0, underscore), name.substr(underscore + 1), ""};
        if (query.wanted(package.package) && (query.version.empty() || query.version == package.version) &&
            deb_tree_is_whole(entry.path())) {
            found.push_back(std::move(package));
        }
    }
    return found;
}

Status finish_kernel(const fs::path& root) {
    // From 7.x on packages are laid out for a merged /usr.
    if (!is_there(root / "lib") && is_there(root / "usr/lib")) {
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

/// The .config in the headers package of that kernel and version.
Result<std::string> config_in_headers(Apt& apt, const std::string& release, const std::string& version,
                                      const fs::path& scratch) {
    const std::string package = fmt::format("linux-headers-{}", release);
    const fs::path root = scratch / "headers";
    const Download alone = [&](const Apt& from, const fs::path& into) {
        return from.download({fmt::format("{}={}", package, version)}, into);
    };
    if (auto got = fetch_deb_tree(apt, alone, root, [](const fs::path&) { return Status{}; }); !got) {
        return fail(got.error());
    }
    return read_file(root / "usr/src" / package / ".config");
}

/// From 7.x on packages of kernels come without their configuration. The kernel is as good, but records would not tell
/// how it was built: it is taken from where it is, and put where older packages have it.
void add_config(Apt& apt, const fs::path& root, const std::string& version) {
    const auto kernel = kernel_in_tree(root);
    const fs::path file = root / "boot" / fmt::format("config-{}", kernel ? kernel->release : "");
    if (!kernel || is_there(file)) {
        return;
    }
    fs::path scratch = root;
    scratch += ".headers.part";  // where lock_cache() clears away what one that was killed leaves
    (void)make_directories(scratch);
    const auto config = config_in_headers(apt, kernel->release, version, scratch);
    std::error_code none;
    fs::remove_all(scratch, none);
    (void)make_directories(file.parent_path());
    if (const Status added = config ? write_file(file, *config) : fail(config.error()); !added) {
        spdlog::warn("records will not tell how {} was configured: {}", kernel->release, added.error().message());
    }
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
        kernel->origin = DebOrigin{package.package, package.version, package.suite, flat(groups)};
    }
    return kernel;
}

Error no_such_package(const std::vector<std::string>& suites, const std::vector<std::string>& offered) {
    std::vector<std::string> cloud;
    std::copy_if(offered.begin(), offered.end(), std::back_inserter(cloud),
                 [](const std::string& name) { return name.ends_with("-cloud-amd64"); });
    std::sort(cloud.begin(), cloud.end());
    return Error(Fault::usage, fmt::format("no such kernel package in {}", fmt::join(suites, ", ")))
        .hint(cloud.empty() ? fmt::format("series in the catalogue: {}", fmt::join(series_names(), ", "))
                            : fmt::format("there are: {}", fmt::join(cloud, ", ")));
}

/// What the suites offer now.
struct Offer {
    Apt apt;
    PackageVersion package;
};

Result<Offer> look_up(const fs::path& cache, const Query& query) {
    const auto suites = flat(query.groups);
    auto apt = Apt::prepare(cache / "apt" / content_key(fmt::format("{}", fmt::join(suites, " "))), suites);
    if (!apt) {
        return fail(apt.error());
    }
    const Status fresh = apt->refresh(false);
    if (interrupted()) {
        return fail(Fault::broken, "interrupted");
    }
    auto names = apt->names(query.prefix);
    if (!names) {
        return fail(names.error());
    }
    const auto offered = *names;
    std::erase_if(*names, [&](const std::string& name) { return !query.wanted(name); });
    auto versions = apt->versions(*names);
    if (!versions) {
        return fail(versions.error());
    }
    if (!query.version.empty()) {
        std::erase_if(*versions, [&](const PackageVersion& each) { return each.version != query.version; });
    }
    auto package = newest_of_first_group(*versions, query.groups);
    if (!package) {
        return fail(fresh ? no_such_package(suites, offered) : fresh.error());
    }
    if (!fresh) {
        spdlog::warn("going by old package lists: {}", fresh.error().message());
    }
    return Offer{std::move(*apt), std::move(*package)};
}

/// Resolves what the suites offer now, and makes sure that the cache holds it.
Result<PackageVersion> fetch_newest(const fs::path& cache, const Query& query) {
    auto offer = look_up(cache, query);
    if (!offer) {
        return fail(offer.error());
    }
    const PackageVersion& package = offer->package;
    const fs::path tree = tree_of(cache, package);
    if (deb_tree_is_whole(tree)) {
        return package;
    }
    (void)make_directories(tree.parent_path());
    spdlog::info("fetching {} {}", package.package, package.version);
    const auto finish = [&](const fs::path& root) {
        Status finished = finish_kernel(root);
        if (finished) {
            add_config(offer->apt, root, package.version);
        }
        return finished;
    };
    if (Status got = fetch_deb_tree(offer->apt, with_companions(package.package, package.version), tree, finish);
        !got) {
        return fail(got.error());
    }
    return package;
}

/// The query for a series; an unknown one is the user's mistake.
Result<Query> query_for(const DebSeries& spec) {
    const auto& known = known_series();
    const auto series =
        std::find_if(known.begin(), known.end(), [&](const Series& each) { return each.name == spec.series; });
    if (series == known.end()) {
        return fail(Error(Fault::usage, fmt::format("no kernel series '{}' in the catalogue{}", spec.series,
                                                    did_you_mean(spec.series, series_names())))
                        .hint(fmt::format("known: {}", fmt::join(series_names(), ", "))));
    }
    return Query{series->suites, fmt::format("linux-image-{}.", spec.series),
                 [series](std::string_view package) { return is_cloud_image(package, series->name); }, ""};
}

Result<Kernel> obtain(const fs::path& cache, const Query& query) {
    auto lock = lock_cache(cache);
    if (!lock) {
        return fail(lock.error());
    }
    auto package = fetch_newest(cache, query);
    if (package) {
        return kernel_of(cache, *package, query.groups);
    }
    const auto cached = cached_packages(cache, query);
    const PackageVersion* best = newest(cached);
    if (best == nullptr || interrupted()) {
        return fail(package.error());
    }
    spdlog::warn("{}; using {} {} from the cache", package.error().message(), best->package, best->version);
    return kernel_of(cache, *best, query.groups);
}

}  // namespace

Result<Kernel> kernel_in_tree(const fs::path& root) {
    std::error_code none;
    for (const fs::path& modules : {root / "lib/modules", root / "usr/lib/modules"}) {
        for (const auto& entry : fs::directory_iterator(modules, none)) {
            const std::string release = entry.path().filename();
            if (!is_path_name(release)) {
                continue;
            }
            for (const fs::path& image : {root / "boot" / ("vmlinuz-" + release), entry.path() / "vmlinuz"}) {
                if (is_there(image)) {
                    return Kernel{release, "", image, root, {}, {}, {}};
                }
            }
        }
    }
    return fail(Error(Fault::broken, fmt::format("no kernel image and modules in {}", root.string()))
                    .hint("name a linux-image package"));
}

Result<FoundKernel> find_deb_kernel(const fs::path& cache, const DebSeries& spec) {
    auto query = query_for(spec);
    auto lock = lock_cache(cache);
    if (!query || !lock) {
        return fail(query ? lock.error() : query.error());
    }
    const auto offer = look_up(cache, *query);
    if (offer) {
        return FoundKernel{offer->package, true, deb_tree_is_whole(tree_of(cache, offer->package))};
    }
    const auto cached = cached_packages(cache, *query);
    const PackageVersion* best = newest(cached);
    if (best == nullptr) {
        return fail(offer.error());
    }
    return FoundKernel{*best, false, true};
}

Result<Kernel> obtain_deb_kernel(const fs::path& cache, const DebSeries& spec) {
    auto query = query_for(spec);
    if (!query) {
        return fail(query.error());
    }
    auto kernel = obtain(cache, *query);
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
    const Query query{{spec.suite.empty() ? suites : std::vector{spec.suite}},
                      "linux-image-",
                      [&](std::string_view package) { return package == spec.package; },
                      spec.version};
    // An exact version that is here already needs no look at the suites, which may have moved on from it.
    const PackageVersion exact{spec.package, spec.version, spec.suite};
    const bool here = !spec.version.empty() && deb_tree_is_whole(tree_of(cache, exact));
    auto kernel = here ? kernel_of(cache, exact, query.groups) : obtain(cache, query);
    if (!kernel) {
        return fail_within(kernel.error(), fmt::format("deb:{}", spec.package));
    }
    kernel->label = fmt::format("deb:{} ({})", spec.package, kernel->origin->version);
    return kernel;
}

Status relocate_headers(const fs::path& root, const fs::path& home) {
    for (const auto& entry : fs::directory_iterator(root / "usr/src")) {
        const fs::path makefile = entry.path() / "Makefile";
        if (entry.is_symlink() || !is_there(makefile)) {
            continue;
        }
        auto text = read_file(makefile);
        if (!text) {
            return fail(text.error());
        }
        // `include /usr/src/...`, and from 7.x on also `KBUILD_OUTPUT=/usr/src/...`
        constexpr std::string_view kSource = "/usr/src/";
        const std::string moved = fmt::format("{}{}", home.string(), kSource);
        for (auto at = text->find(kSource); at != std::string::npos; at = text->find(kSource, at + moved.size())) {
            text->replace(at, kSource.size(), moved);
        }
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
    (void)make_directories(tree.parent_path());
    auto apt =
        Apt::prepare(cache / "apt" / content_key(fmt::format("{}", fmt::join(origin.suites, " "))), origin.suites);
    if (!apt) {
        return fail(apt.error());
    }
    spdlog::info("fetching {} {}", package, origin.version);
    const Status got = fetch_deb_tree(*apt, with_companions(package, origin.version), tree,
                                      [&](const fs::path& root) { return relocate_headers(root, tree); });
    if (!got) {
        return fail_within(got.error(), fmt::format("getting headers for {}", kernel.release));
    }
    return build_tree;
}

}  // namespace blkhang
