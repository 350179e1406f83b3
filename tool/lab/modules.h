// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.h"
#include "base/result.h"

namespace blkhang {

/// What is there of a kernel's modules: all that depmod, modprobe and a guest need of ROOT/lib/modules/RELEASE.
struct ModuleFiles {
    std::vector<std::filesystem::path> files;  ///< relative to the directory: modules.*, *.ko and compressed ones
    std::uint64_t bytes = 0;
};
/// The directory may be anybody's: what is of such a name, but is no regular file, and more than a kernel can have
/// (2 GiB, 65,536 files), is Fault::usage, a link for an index too. Links for modules and all else are left out.
Result<ModuleFiles> module_files(const std::filesystem::path& directory);
/// Copies those files, over no link, if there is room for them.
Status copy_modules(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes modprobe's index of ROOT/lib/modules/RELEASE (`depmod`).
Status index_modules(const std::filesystem::path& root, const std::string& release);

/// ROOT/lib/modules/RELEASE.
std::filesystem::path modules_directory(const std::filesystem::path& root, const std::string& release);

/// Files of these modules and of all they need, in load order, each once, relative to the kernel's directory. Names
/// that are built in or absent are skipped: the guest finds out whether it can do without.
Result<std::vector<std::filesystem::path>> modules_in_load_order(const std::filesystem::path& root,
                                                                 const std::string& release,
                                                                 const std::vector<std::string>& names);

/// The `insmod` lines of `modprobe --show-depends`, relative to `modules` as that prints it. The index that they come
/// from may be anybody's: a path that leads elsewhere is an error.
Result<std::vector<std::filesystem::path>> parse_show_depends(std::string_view output, std::string_view modules);

/// Content of a .ko file in there, also of a compressed one (.xz, .zst, .gz), of which no more than 64 MiB may come.
Result<std::string> read_module(const Directory& modules, const std::filesystem::path& file);

}  // namespace blkhang
