// SPDX-License-Identifier: GPL-2.0-only
#include "report/html_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "record/files.h"

namespace blkhang {
namespace {

/// A word for the shell.
std::string quoted(const std::string& word) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
        return word;
    }
    std::string result = "'";
    for (const char c : word) {
        result += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return result + "'";
}

/// Of "deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)": as asked for, and the very package where it is told.
struct AskedFor {
    std::string spec, exact;
};
AskedFor asked_for(const std::string& kernel) {
    const auto open = kernel.rfind(" (");
    if (open == std::string::npos || !kernel.ends_with(')') || !kernel.starts_with("deb:")) {
        return {kernel, ""};
    }
    const std::string resolved = kernel.substr(open + 2, kernel.size() - open - 3);
    const auto space = resolved.find(' ');
    const bool is_package = space != std::string::npos && resolved.find(' ', space + 1) == std::string::npos;
    return {kernel.substr(0, open),
            is_package ? fmt::format("deb:{}={}", resolved.substr(0, space), resolved.substr(space + 1)) : ""};
}

}  // namespace

std::vector<CommandToTry> commands_to_reproduce(const Record& record) {
    const auto [spec, exact] = asked_for(record.run.kernel);
    const std::string plant = record.plant.empty() ? "" : fmt::format(" --plant {}", quoted(record.plant));
    const auto run = [&](const std::string& profile, const std::string& kernel) {
        const std::string guest = kernel.empty() ? "" : fmt::format(" --guest {}", quoted(kernel));
        return fmt::format("blkhang run {}{}{}", profile, guest, plant);
    };
    return {
        {"The same once more: this very kernel, and the profile with every value as it was (run it where the "
         "record is)",
         run(fmt::format("./{}", files::kProfile), exact.empty() ? spec : exact)},
        {"The profile as it is built in, on the kernel as it was asked for", run(quoted(record.profile.name), spec)}};
}

}  // namespace blkhang
