// SPDX-License-Identifier: GPL-2.0-only
#include "base/path_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/ascii.h"
#include "base/printable.h"

namespace blkhang {
namespace {

bool may_stand_in_a_path(char c) {
    return ascii::is_alnum(c) || std::string_view("._+~-").find(c) != std::string_view::npos;
}

constexpr std::size_t kQuoted = 40;

}  // namespace

bool is_path_name(std::string_view name, std::size_t longest) {
    return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
           std::all_of(name.begin(), name.end(), may_stand_in_a_path);
}

std::string dashed(std::string text, std::string_view kept) {
    const auto stays = [kept](char c) { return ascii::is_alnum(c) || kept.find(c) != std::string_view::npos; };
    std::ranges::replace_if(text, std::not_fn(stays), '-');
    return text;
}

Status check_path_name(std::string_view name, std::string_view what, Fault fault, std::size_t longest) {
    if (is_path_name(name, longest)) {
        return {};
    }
    return fail(fault, fmt::format("{} is '{}', which cannot be part of a path: that takes 1 to {} letters, digits and "
                                   ". _ + ~ -, and begins with neither . nor -",
                                   what, printable(name.substr(0, kQuoted)), longest));
}

}  // namespace blkhang
