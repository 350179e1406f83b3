// SPDX-License-Identifier: GPL-2.0-only
// A vmlinux with symbols, which may come with a stranger's tree.
#include <elf.h>

#include <cstring>

#include "harness.h"
#include "publish/symbolize_elf.h"

namespace blkhang::fuzz {
namespace {

template <class T>
void append(std::string& file, const T& part) {
    file.append(reinterpret_cast<const char*>(&part), sizeof part);
}

Elf64_Shdr section(std::uint32_t type, std::uint64_t flags, std::uint64_t offset, std::uint64_t size) {
    Elf64_Shdr header{};
    header.sh_type = type;
    header.sh_flags = flags;
    header.sh_offset = offset;
    header.sh_size = size;
    header.sh_addralign = 1;
    return header;
}

Elf64_Sym function(std::uint32_t name, std::uint64_t address, std::uint64_t size) {
    Elf64_Sym symbol{};
    symbol.st_name = name;
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = 1;
    symbol.st_value = address;
    symbol.st_size = size;
    return symbol;
}

/// Two functions: code, names and table of symbols, then the headers of the sections.
std::string smallest_vmlinux() {
    const std::string code(64, '\x90');
    const std::string names("\0pcpu_alloc\0panic\0", 18);
    std::string symbols(sizeof(Elf64_Sym), '\0');
    append(symbols, function(1, 0x1000, 32));
    append(symbols, function(12, 0x1020, 16));

    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 4;
    header.e_shstrndx = 2;
    header.e_shoff = sizeof header + code.size() + names.size() + symbols.size();

    std::string file;
    append(file, header);
    file += code + names + symbols;
    append(file, section(SHT_NULL, 0, 0, 0));
    append(file, section(SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, sizeof header, code.size()));
    append(file, section(SHT_STRTAB, 0, sizeof header + code.size(), names.size()));
    auto table = section(SHT_SYMTAB, 0, sizeof header + code.size() + names.size(), symbols.size());
    table.sh_link = 2;
    table.sh_entsize = sizeof(Elf64_Sym);
    append(file, table);
    return file;
}

}  // namespace

const Registered kElf{{
    .name = "elf",
    .longest = 2048,
    .attempt =
        [](std::string_view input) {
            if (const auto functions = elf_functions(file_with(input)); !functions) {
                require(functions.error().fault() == Fault::usage, "a file that is no vmlinux is the user's mistake");
            }
        },
    .seeds = [] { return std::vector<std::string>{smallest_vmlinux()}; },
}};

}  // namespace blkhang::fuzz
