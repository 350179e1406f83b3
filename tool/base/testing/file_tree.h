// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "base/file.h"

namespace blkhang {

/// For tests: files in a directory of their own, by names relative to it. What leads to them is made as needed.
class FileTree {
public:
    explicit FileTree(std::string_view prefix) : dir_(TempDir::make(prefix).value()) {}

    [[nodiscard]] std::filesystem::path at(const std::filesystem::path& file) const { return dir_.path() / file; }
    void put(const std::filesystem::path& file, std::string_view content) const {
        std::filesystem::create_directories(at(file).parent_path());
        if (!write_file(at(file), content)) {
            throw std::runtime_error("cannot write " + at(file).string());
        }
    }
    void link(const std::filesystem::path& file, const std::filesystem::path& target) const {
        std::filesystem::create_directories(at(file).parent_path());
        std::filesystem::create_symlink(target, at(file));
    }

private:
    TempDir dir_;
};

}  // namespace blkhang
