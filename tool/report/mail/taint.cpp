// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/taint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <vector>

namespace blkhang {
namespace {

struct Flag {
    char letter;
    std::string_view meaning;
};
/// By bit, as the kernel's Documentation/admin-guide/tainted-kernels has them.
constexpr std::array<Flag, 20> kFlags{{{'P', "proprietary module"},
                                       {'F', "module loaded by force"},
                                       {'S', "out of specification"},
                                       {'R', "module unloaded by force"},
                                       {'M', "machine check"},
                                       {'B', "bad page"},
                                       {'U', "set by user space"},
                                       {'D', "oops or BUG"},
                                       {'A', "ACPI table overridden"},
                                       {'W', "warning"},
                                       {'C', "staging driver"},
                                       {'I', "firmware bug worked around"},
                                       {'O', "module from outside the tree"},
                                       {'E', "unsigned module"},
                                       {'L', "soft lockup"},
                                       {'K', "live patch"},
                                       {'X', "set by the distribution"},
                                       {'T', "structures randomised"},
                                       {'N', "in-kernel test"},
                                       {'J', "fwctl"}}};
constexpr std::uint64_t bit(char letter) {
    for (std::size_t i = 0; i < kFlags.size(); ++i) {
        if (kFlags.at(i).letter == letter) {
            return std::uint64_t{1} << i;
        }
    }
    return 0;
}
/// Code that the maintainers cannot read, or have not seen.
constexpr std::uint64_t kForeign = bit('P') | bit('O') | bit('E') | bit('F') | bit('K');

}  // namespace

std::string taint_words(std::uint64_t taint) {
    if (taint == 0) {
        return "0 (not tainted)";
    }
    std::vector<std::string> words;
    for (std::size_t i = 0; i < 64; ++i) {
        if ((taint >> i & 1U) == 0) {
            continue;
        }
        words.push_back(i < kFlags.size() ? fmt::format("{}: {}", kFlags.at(i).letter, kFlags.at(i).meaning)
                                          : fmt::format("bit {}", i));
    }
    return fmt::format("{} ({})", taint, fmt::join(words, "; "));
}

std::string taint_paragraph(std::uint64_t before, std::optional<std::uint64_t> after) {
    std::string text = fmt::format("Taint before the run: {}; after it: ", taint_words(before));
    if (!after) {
        text += "unknown, the machine was gone.";
    } else if (*after == before) {
        text += "the same.";
    } else {
        text += fmt::format("{}.", taint_words(*after));
        if (const std::uint64_t added = *after & ~before; added != 0) {
            text += fmt::format(" Added by the run: {}.", taint_words(added));
        }
    }
    if ((before & kForeign) != 0) {
        text += " Caution: code from outside the kernel's tree had been loaded before the run began.";
    }
    return text;
}

}  // namespace blkhang
