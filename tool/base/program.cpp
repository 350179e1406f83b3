// SPDX-License-Identifier: GPL-2.0-only
#include "base/program.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// The programs that blkhang calls and the Debian packages they come in.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kPackages{{
    {"apt-get", "apt"},
    {"cc", "gcc"},
    {"dot", "graphviz"},
    {"dpkg-deb", "dpkg"},
    {"gcc", "gcc"},
    {"make", "make"},
    {"qemu-system-x86_64", "qemu-system-x86"},
    {"stress-ng", "stress-ng"},
}};

bool is_program(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

Error not_found(std::string_view name) {
    Error error(Fault::broken, fmt::format("program '{}' not found", name));
    for (const auto& [program, package] : kPackages) {
        if (program == name) {
            return std::move(error).hint(
                fmt::format("install the Debian package that provides it: apt install {}", package));
        }
    }
    return std::move(error).hint("install it, or add its directory to PATH");
}

}  // namespace

Result<fs::path> find_program(std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        if (!is_program(name)) {
            return fail(Fault::broken, fmt::format("'{}' is not an executable file", name));
        }
        return fs::path(name);
    }
    const char* const variable = std::getenv("PATH");
    std::string_view path = variable != nullptr ? variable : "/usr/sbin:/usr/bin:/sbin:/bin";
    while (!path.empty()) {
        const std::string_view directory = path.substr(0, path.find(':'));
        path.remove_prefix(std::min(path.size(), directory.size() + 1));
        // An empty entry means the working directory, out of which we start nothing by accident.
        if (directory.empty()) {
            continue;
        }
        if (fs::path candidate = fs::path(directory) / name; is_program(candidate)) {
            return candidate;
        }
    }
    return fail(not_found(name));
}

}  // namespace blkhang
