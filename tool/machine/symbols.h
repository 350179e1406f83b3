// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// The kernel's symbols as /proc/kallsyms lists them: which functions exist, and which one an address lies in.
/// Read it after modules are loaded and probes attached, so that their code has names too; resolving then neither
/// reads a file nor calls the kernel.
class Symbols {
public:
    static Result<Symbols> load(const std::filesystem::path& kallsyms = "/proc/kallsyms");
    static Symbols parse(std::string_view kallsyms);

    /// Address of a symbol of any type; nothing if there is none (or kptr_restrict hides addresses).
    [[nodiscard]] std::optional<std::uint64_t> address(std::string_view name) const;
    /// Is there a function of exactly this name?
    [[nodiscard]] bool has_function(std::string_view name) const;
    [[nodiscard]] bool has_function_beginning(std::string_view name) const;
    /// The name under which the compiler kept this function whole, with other parameters: "name.isra.0",
    /// "name.constprop.0". Empty if it did not, or made several of it.
    [[nodiscard]] std::string_view compiled_variant(std::string_view name) const;
    /// `symbol+0x12/0x34 [module]`, or the bare address in hexadecimal when it lies in no function.
    [[nodiscard]] std::string describe(std::uint64_t address) const;
    /// Name of the function that the address lies in; empty when in none.
    [[nodiscard]] std::string_view function_at(std::uint64_t address) const;

private:
    struct Function {
        std::uint64_t address;
        std::uint32_t name;         ///< offset in text_, NUL-terminated
        std::uint32_t module : 31;  ///< the same; 0 (an empty string) for the kernel itself
        std::uint32_t padded : 1;   ///< padding_ bytes before it are no code of the function before
    };
    void note_paddings(std::vector<std::uint64_t> begins);
    [[nodiscard]] const Function* find(std::uint64_t address) const;

    std::vector<Function> functions_;  ///< by address
    std::uint64_t padding_ = 0;
    std::string text_;
    std::map<std::string, std::uint64_t, std::less<>> data_;  ///< the few data symbols that matter here
};

}  // namespace blkhang
