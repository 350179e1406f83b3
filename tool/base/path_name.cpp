// SPDX-License-Identifier: GPL-2.0-only
#include "base/path_name.h"

#include <algorithm>

#include <fmt/format.h>

namespace blkhang {
namespace {

/// Not std::isalnum(): what that takes for a letter depends on the locale.
bool is_harmless(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._+~-").find(c) != std::string_view::npos;
}

/// As much of it as a message bears, and nothing that a terminal would obey.
std::string shown(std::string_view name) {
    constexpr std::size_t kShown = 40;
    std::string text;
    for (const char c : name.substr(0, kShown)) {
        text += c > ' ' && c < '\x7f' ? c : '?';
    }
    return name.size() > kShown ? text + "..." : text;
}

}  // namespace

bool is_path_name(std::string_view name, std::size_t longest) {
    return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
           std::all_of(name.begin(), name.end(), is_harmless);
}

Status check_path_name(std::string_view name, std::string_view what, Fault fault, std::size_t longest) {
    if (is_path_name(name, longest)) {
        return {};
    }
    return fail(fault, fmt::format("{} is '{}', which cannot be part of a path: that takes 1 to {} letters, digits and "
                                   ". _ + ~ -, and begins with neither . nor -",
                                   what, shown(name), longest));
}

}  // namespace blkhang
