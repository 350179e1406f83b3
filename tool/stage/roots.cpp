// SPDX-License-Identifier: GPL-2.0-only
#include "stage/roots.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace blkhang {
namespace {

namespace fs = std::filesystem;

struct NamedRoot {
    const char* name;
    fs::path RootPaths::*path;
};
/// What is below another comes first.
constexpr std::array<NamedRoot, 5> kRoots = {{{"cgroup", &RootPaths::cgroup},
                                              {"proc", &RootPaths::proc},
                                              {"sys", &RootPaths::sys},
                                              {"dev", &RootPaths::dev},
                                              {"tmp", &RootPaths::tmp}}};

/// Those of them that the kernel's files are below.
constexpr std::size_t kKernelsRoots = 4;

/// Below `root`, or nothing if it is not.
fs::path below(const fs::path& root, const fs::path& file) {
    const fs::path rest = file.lexically_normal().lexically_relative(root);
    return rest.empty() || *rest.begin() == ".." ? fs::path{} : rest;
}

}  // namespace

Result<Roots> Roots::make(RootPaths paths) {
    for (const auto& [name, path] : kRoots) {
        const fs::path plain = (paths.*path).lexically_normal();
        if (!plain.is_absolute() || plain == plain.root_path()) {
            return fail(Fault::usage, fmt::format("'{}' cannot stand for /{}: an absolute path other than / is needed",
                                                  (paths.*path).string(), name));
        }
    }
    return Roots(std::move(paths));
}

fs::path Roots::locate(const fs::path& file) const {
    const RootPaths usual;
    for (std::size_t i = 0; i < kKernelsRoots; ++i) {
        const auto path = kRoots.at(i).path;
        if (const fs::path rest = below(usual.*path, file); !rest.empty()) {
            return paths_.*path / rest;
        }
    }
    return file;
}

}  // namespace blkhang
