// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// A function of an ELF file.
struct ElfFunction {
    std::uint64_t address;
    std::uint64_t size;    ///< as the symbol says
    std::uint64_t extent;  ///< to the next symbol: what the kernel, which knows no sizes, takes for its size
};

/// By name; static functions of different files may share one. Fault::usage if this is no ELF file with symbols.
Result<std::multimap<std::string, ElfFunction>> elf_functions(const std::filesystem::path& file);

}  // namespace blkhang
