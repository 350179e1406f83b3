// SPDX-License-Identifier: GPL-2.0-only
#include "machine/logged_in.h"

#include <unistd.h>
#include <utmpx.h>

#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"
#include "base/words.h"
#include "machine/host_reader.h"

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

/// Of a file with lines such as TTY=pts/3; empty if it has none of that name.
std::string value_of(const std::vector<std::string>& lines, std::string_view name) {
    for (const std::string& line : lines) {
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
            return line.substr(name.size() + 1);
        }
    }
    return "";
}

/// As sd_session_get_class(3) and its like read them. A session of a manager or a greeter is nobody's who works there.
void add_sessions(const HostRoots& roots, const std::string& our_terminal, std::vector<std::string>& users) {
    const auto sessions = roots.run / "systemd" / "sessions";
    const auto our_groups = read_file(roots.proc / "self" / "cgroup").value_or("");
    for (const std::string& id : names_in(sessions)) {
        std::error_code gone;
        if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(sessions / id, gone))) {
            continue;  // such as 5.ref, a pipe by which logind notices that the session ends
        }
        const auto lines = parts_of(read_file(sessions / id).value_or(""), '\n');
        const auto terminal = value_of(lines, "TTY");
        const bool is_ours = our_groups.find(fmt::format("/session-{}.scope", id)) != std::string::npos ||
                             (!terminal.empty() && terminal == our_terminal);
        if (is_ours || value_of(lines, "CLASS") != "user" || value_of(lines, "STATE") == "closing") {
            continue;
        }
        const auto user = value_of(lines, "USER");
        add_once(users, terminal.empty() ? fmt::format("{} by {}", user, value_of(lines, "SERVICE"))
                                         : fmt::format("{} on {}", user, terminal));
    }
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
    add_sessions(roots, ours, users);
    return users;
}

}  // namespace blkhang
