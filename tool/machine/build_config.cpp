// SPDX-License-Identifier: GPL-2.0-only
#include "machine/build_config.h"

#include <zlib.h>

#include <array>
#include <filesystem>
#include <memory>

namespace blkhang {
namespace {

constexpr std::size_t kLargestConfig = std::size_t{4} << 20U;

/// Empty if it is not there or damaged.
std::string unpacked(const std::filesystem::path& file) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> packed{::gzopen(file.c_str(), "rb"), &::gzclose};
    std::string text;
    std::array<char, 16384> buffer{};
    while (packed && text.size() < kLargestConfig) {
        const int count = ::gzread(packed.get(), buffer.data(), buffer.size());
        if (count < 0) {
            return {};
        }
        if (count == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

std::string read_build_config(HostReader& reader, const std::string& release) {
    const HostRoots& roots = reader.roots();
    if (std::string text = unpacked(roots.proc / "config.gz"); !text.empty()) {
        return text;
    }
    for (const auto& file : {roots.boot / ("config-" + release), roots.usr / "lib/modules" / release / "config",
                             roots.usr / "lib/modules" / release / "build/.config"}) {
        if (std::string text = reader.text(file); !text.empty()) {
            return text;
        }
    }
    return {};
}

}  // namespace blkhang
