// SPDX-License-Identifier: GPL-2.0-only
#include "publish/kernel_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/regular_file.h"
#include "base/words.h"
#include "publish/scrub/pseudonyms.h"
#include "record/files.h"

namespace blkhang {
namespace {

/// As the kernel's build writes it. Anything else was not meant to go out, or is a command to a bot (`#regzbot`).
bool is_of_config(std::string_view line) {
    return line.empty() || line == "#" || line.starts_with("# ") || line.starts_with("CONFIG_");
}

}  // namespace

std::optional<std::string> config_to_attach(const std::string& text) {
    const auto lines = parts_of(text, '\n');
    if (lines.empty() || !std::ranges::all_of(lines, is_of_config)) {
        return std::nullopt;
    }
    Pseudonyms names;
    names.learn_text(text);
    return names.in_text(text);
}

Result<std::string> config_in_file(const std::filesystem::path& file) {
    return read_regular(file, files::kLargestKernelConfig)
        .and_then([&](const std::string& text) -> Result<std::string> {
            auto config = config_to_attach(text);
            if (!config) {
                return fail(Error(Fault::usage, fmt::format("{} is no kernel configuration", file.string()))
                                .hint("unpack one that is compressed: zcat /proc/config.gz"));
            }
            return std::move(*config);
        });
}

}  // namespace blkhang
