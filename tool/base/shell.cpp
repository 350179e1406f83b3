// SPDX-License-Identifier: GPL-2.0-only
#include "base/shell.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"

namespace blkhang {
namespace {

bool is_harmless(char c) {
    return ascii::is_alnum(c) || std::string_view("-_./:=@%+,").find(c) != std::string_view::npos;
}

/// Byte by byte where it is not plain ASCII: then nobody needs to know what it was meant to be.
std::string escaped(std::string_view word) {
    std::string quoted = "$'";
    for (const char c : word) {
        if (c == '\'' || c == '\\') {
            quoted += fmt::format("\\{}", c);
        } else if (c >= ' ' && c <= '~') {
            quoted += c;
        } else {
            quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
        }
    }
    return quoted + "'";
}

}  // namespace

std::string shell_quoted(std::string_view word) {
    if (!word.empty() && std::ranges::all_of(word, is_harmless)) {
        return std::string(word);
    }
    if (printable(word) != word) {
        return escaped(word);
    }
    std::string quoted = "'";
    for (const char c : word) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

std::vector<std::size_t> shell_word_starts(std::string_view command) {
    std::vector<std::size_t> starts;
    enum class Place { outside, quoted, escaped_in_quotes };
    Place where = Place::outside;
    bool between = true;
    for (std::size_t i = 0; i < command.size(); ++i) {
        const char c = command[i];
        if (where == Place::outside && c == ' ') {
            between = true;
            continue;
        }
        if (between) {
            starts.push_back(i);
            between = false;
        }
        if (c == '\\' && where != Place::quoted) {
            ++i;
        } else if (where != Place::outside) {
            where = c == '\'' ? Place::outside : where;
        } else if (c == '\'') {
            where = i > 0 && command[i - 1] == '$' ? Place::escaped_in_quotes : Place::quoted;
        }
    }
    return starts;
}

}  // namespace blkhang
