// SPDX-License-Identifier: GPL-2.0-only
#include "lab/known_kernels.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "lab/cache.h"
#include "lab/catalogue.h"
#include "lab/deb_kernel.h"
#include "record/json.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

fs::path fingerprints_file(const fs::path& cache, const std::string& package, const std::string& version) {
    return cache / "fingerprints" / fmt::format("{}_{}.json", package, version);
}

KnownKernel look_at(const fs::path& cache, const Series& series) {
    KnownKernel kernel;
    kernel.spec = fmt::format("deb:{}", series.name);
    auto found = find_deb_kernel(cache, DebSeries{series.name});
    if (!found) {
        kernel.problem = found.error().message();
        return kernel;
    }
    kernel.package = found->package.package;
    kernel.version = found->package.version;
    kernel.suite = found->package.suite;
    kernel.offered = found->offered;
    kernel.cached = found->cached;
    kernel.fingerprints = remembered_fingerprints(cache, kernel.package, kernel.version);
    return kernel;
}

}  // namespace

std::vector<KnownKernel> known_kernels(const fs::path& cache) {
    std::vector<KnownKernel> kernels;
    for (const Series& series : known_series()) {
        kernels.push_back(look_at(cache, series));
    }
    return kernels;
}

void remember_fingerprints(const Kernel& kernel, const Fingerprints& fingerprints) {
    const auto cache = cache_directory();
    if (!cache || !kernel.origin || fingerprints.empty()) {
        return;
    }
    const fs::path file = fingerprints_file(*cache, kernel.origin->package, kernel.origin->version);
    if (is_there(file)) {
        return;
    }
    (void)make_directories(file.parent_path());
    (void)replace_file(file, Json(fingerprints).dump(2) + "\n");
}

std::optional<Fingerprints> remembered_fingerprints(const fs::path& cache, const std::string& package,
                                                    const std::string& version) {
    const auto text = read_file(fingerprints_file(cache, package, version));
    if (!text) {
        return std::nullopt;
    }
    const auto json = parse_json(*text);
    if (!json.is_object()) {
        return std::nullopt;
    }
    Fingerprints fingerprints;
    for (const auto& [name, value] : json.items()) {
        if (value.is_string()) {
            fingerprints[name] = value.get<std::string>();
        }
    }
    return fingerprints;
}

}  // namespace blkhang
