// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/context_switches.h"

#include <charconv>
#include <string>

#include "base/file.h"

namespace blkhang {
namespace {

/// `name:\t12\n`, at the beginning of a line.
std::optional<std::uint64_t> number_in_line(std::string_view text, std::string_view name) {
    for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        if (at != 0 && text[at - 1] != '\n') {
            continue;
        }
        const auto digits = text.find_first_not_of(" \t", at + name.size());
        if (digits == std::string_view::npos) {
            return std::nullopt;
        }
        std::uint64_t number = 0;
        const auto read = std::from_chars(text.data() + digits, text.data() + text.size(), number);
        return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> context_switches_in(std::string_view status) {
    const auto asked_for = number_in_line(status, "voluntary_ctxt_switches:");
    const auto forced = number_in_line(status, "nonvoluntary_ctxt_switches:");
    return asked_for && forced ? std::optional(*asked_for + *forced) : std::nullopt;
}

std::optional<std::uint64_t> context_switches_of(const std::filesystem::path& proc, std::int32_t pid) {
    const auto status = read_file(proc / std::to_string(pid) / "status");
    return status ? context_switches_in(*status) : std::nullopt;
}

}  // namespace blkhang
