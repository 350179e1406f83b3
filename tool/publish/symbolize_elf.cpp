// SPDX-License-Identifier: GPL-2.0-only
#include "publish/symbolize_elf.h"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <memory>

#include "base/regular_file.h"

namespace blkhang {
namespace {

struct Symbol {
    std::string name;
    std::uint64_t address, size;
};

bool is_code(Elf* elf, const GElf_Sym& symbol) {
    const int type = GELF_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_NOTYPE) || symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE) {
        return false;
    }
    GElf_Shdr header{};
    Elf_Scn* section = elf_getscn(elf, symbol.st_shndx);
    return section != nullptr && gelf_getshdr(section, &header) != nullptr && (header.sh_flags & SHF_EXECINSTR) != 0;
}

void add_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, std::vector<Symbol>& symbols) {
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) {
        return;
    }
    // A header may say anything of its section: the table ends where its data does.
    GElf_Sym symbol{};
    for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
        if (!is_code(elf, symbol)) {
            continue;
        }
        const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (name != nullptr && *name != '\0' && *name != '.') {  // .L are the assembler's own
            symbols.push_back({name, symbol.st_value, symbol.st_size});
        }
    }
}

}  // namespace

Result<std::multimap<std::string, ElfFunction>> elf_functions(const std::filesystem::path& file) {
    const auto fd = open_regular(file);
    if (!fd) {
        return fail(fd.error());
    }
    elf_version(EV_CURRENT);
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd->get(), ELF_C_READ_MMAP, nullptr), elf_end);
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF) {
        return fail(Error(Fault::usage, fmt::format("{} is no ELF file", file.string()))
                        .hint("the uncompressed vmlinux of a build, with debug information, is needed"));
    }
    std::vector<Symbol> symbols;
    // There is but one table of symbols in a file; more would be the same many times over.
    for (Elf_Scn* section = nullptr; symbols.empty() && (section = elf_nextscn(elf.get(), section)) != nullptr;) {
        GElf_Shdr header{};
        if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_SYMTAB) {
            add_symbols(elf.get(), section, header, symbols);
        }
    }
    if (symbols.empty()) {
        return fail(
            Error(Fault::usage, fmt::format("{} has no symbols", file.string()))
                .hint("it is stripped; the vmlinux of the build, or of the distribution's debug package, is not"));
    }
    std::sort(symbols.begin(), symbols.end(), [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
    std::multimap<std::string, ElfFunction> functions;
    for (const Symbol& symbol : symbols) {
        const auto next = std::upper_bound(symbols.begin(), symbols.end(), symbol.address,
                                           [](std::uint64_t address, const Symbol& b) { return address < b.address; });
        const std::uint64_t extent = next == symbols.end() ? symbol.size : next->address - symbol.address;
        functions.emplace(symbol.name, ElfFunction{symbol.address, symbol.size, extent});
    }
    return functions;
}

}  // namespace blkhang
