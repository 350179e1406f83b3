// SPDX-License-Identifier: GPL-2.0-only
#include "harness.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

namespace blkhang::fuzz {

void require(bool holds, std::string_view what) {
    if (!holds) {
        fmt::print(stderr, "FINDING: {}\n", what);
        std::abort();
    }
}

std::string file_with(std::string_view content) {
    static const int file = ::memfd_create("input", MFD_CLOEXEC);
    require(::ftruncate(file, 0) == 0, "no room for the input");
    require(::pwrite(file, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
            "no room for the input");
    return fmt::format("/proc/self/fd/{}", file);
}

std::vector<std::string> files(std::string_view directory, std::string_view ending) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(BLKHANG_SOURCE_DIR) / directory)) {
        if (entry.is_regular_file() && entry.path().string().ends_with(ending)) {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    std::vector<std::string> texts;
    for (const auto& path : paths) {
        texts.push_back(read_file(path).value());
    }
    return texts;
}

std::vector<std::string> pieces(const std::vector<std::string>& texts, std::size_t longest) {
    std::vector<std::string> result;
    for (const auto& text : texts) {
        result.emplace_back();
        each_line(text, [&](std::string_view line) {
            if (result.back().size() + line.size() >= longest) {
                result.emplace_back();
            }
            result.back().append(line.substr(0, longest - 1)).append("\n");
        });
    }
    return result;
}

void each_line(std::string_view text, const std::function<void(std::string_view)>& line) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace blkhang::fuzz
