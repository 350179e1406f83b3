// SPDX-License-Identifier: GPL-2.0-only
#include "machine/logged_in.h"

#include <unistd.h>
#include <utmpx.h>

#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

template <std::size_t Size>
std::string_view text_in(const char (&field)[Size]) {
    return {field, ::strnlen(field, Size)};
}

/// "pts/3" of "/dev/pts/3"; empty if we have no terminal.
std::string our_terminal() {
    const char* name = ::ttyname(STDIN_FILENO);
    const std::string_view path = name == nullptr ? "" : name;
    return std::string(path.starts_with("/dev/") ? path.substr(5) : path);
}

}  // namespace

std::vector<std::string> logged_in(const HostRoots& roots) {
    std::vector<std::string> users;
    const auto content = read_file(roots.run / "utmp").value_or("");
    const auto ours = our_terminal();
    for (std::size_t at = 0; at + sizeof(utmpx) <= content.size(); at += sizeof(utmpx)) {
        utmpx entry{};
        std::memcpy(&entry, content.data() + at, sizeof entry);
        const auto line = text_in(entry.ut_line);
        if (entry.ut_type == USER_PROCESS && line != ours) {
            add_once(users, fmt::format("{} on {}", text_in(entry.ut_user), line));
        }
    }
    return users;
}

}  // namespace blkhang
