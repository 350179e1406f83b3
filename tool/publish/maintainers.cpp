// SPDX-License-Identifier: GPL-2.0-only
#include "publish/maintainers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/process.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScript = "scripts/get_maintainer.pl";
constexpr auto kScriptPatience = std::chrono::seconds(60);

}  // namespace

Result<Recipients> maintainers_of(const fs::path& tree, const std::vector<std::string>& sources) {
    std::error_code none;
    if (!fs::is_regular_file(tree / kScript, none)) {
        return fail(Error(Fault::usage, fmt::format("--tree {}: there is no {}", tree.string(), kScript))
                        .hint("name the top directory of a kernel source tree, or leave --tree out"));
    }
    std::vector<std::string> command{"perl", kScript, "--no-git", "--no-git-fallback", "--norolestats", "-f"};
    const std::size_t options = command.size();
    for (const std::string& source : sources) {
        if (fs::is_regular_file(tree / source, none)) {
            command.push_back(source);
        }
    }
    if (command.size() == options) {
        return fail(Error(Fault::usage, fmt::format("--tree {} has none of the files that this is about: {}",
                                                    tree.string(), fmt::join(sources, ", ")))
                        .hint("name a complete kernel source tree, or leave --tree out"));
    }
    CommandOptions where;
    where.directory = tree;
    const auto output = command_stdout(command, Deadline::after(kScriptPatience), where);
    if (!output) {
        return fail_within(output.error(), fmt::format("--tree {}", tree.string()));
    }
    return parse_maintainers(*output);
}

}  // namespace blkhang
