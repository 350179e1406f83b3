// SPDX-License-Identifier: GPL-2.0-only
#include "publish/tester.h"

#include <fmt/format.h>

#include "base/process.h"

namespace blkhang {
namespace {

constexpr auto kGitPatience = std::chrono::seconds(5);

std::string git_setting(const char* key) {
    auto value = command_stdout({"git", "config", key}, Deadline::after(kGitPatience)).value_or("");
    value.erase(value.find_last_not_of('\n') + 1);
    return value;
}

}  // namespace

std::string tester() {
    const std::string name = git_setting("user.name");
    const std::string mail = git_setting("user.email");
    return name.empty() || mail.empty() ? "" : fmt::format("{} <{}>", name, mail);
}

}  // namespace blkhang
