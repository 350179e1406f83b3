// SPDX-License-Identifier: GPL-2.0-only
#include "lab/modules.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "base/path_name.h"
#include "base/process.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestPart = 128;                        // of a module's path: names of drivers are long
constexpr std::size_t kLargestModule = std::size_t{256} << 20U;  // with debug information some are large

Deadline soon() { return Deadline::after(std::chrono::seconds(30)); }

}  // namespace

Status index_modules(const fs::path& root, const std::string& release) {
    auto done = command_stdout({"depmod", "-b", root.string(), release}, soon());
    if (!done) {
        return fail_within(done.error(), fmt::format("indexing the modules of {}", release));
    }
    return {};
}

fs::path modules_directory(const fs::path& root, const std::string& release) { return root / "lib/modules" / release; }

Result<std::vector<fs::path>> parse_show_depends(std::string_view output, std::string_view modules) {
    // "insmod /ROOT/lib/modules/RELEASE/kernel/fs/x.ko option=1", "builtin y", "install COMMAND"
    const std::string beginning = fmt::format("insmod {}/", modules);
    std::vector<fs::path> files;
    std::istringstream lines{std::string(output)};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("insmod ")) {
            continue;
        }
        // The root may hold blanks, a module's own path does not.
        const fs::path file = line.starts_with(beginning)
                                  ? line.substr(beginning.size(), line.find(' ', beginning.size()) - beginning.size())
                                  : "";
        const bool is_below = !file.empty() && std::all_of(file.begin(), file.end(), [](const fs::path& part) {
            return is_path_name(part.native(), kLongestPart);
        });
        if (!is_below) {
            return fail(Error(Fault::usage, fmt::format("the index of the modules in {} leads out of it", modules))
                            .hint("have depmod make it anew"));
        }
        files.push_back(file);
    }
    return files;
}

Result<std::vector<fs::path>> modules_in_load_order(const fs::path& root, const std::string& release,
                                                    const std::vector<std::string>& names) {
    const std::string as_printed = fmt::format("{}/lib/modules/{}", root.string(), release);
    std::vector<fs::path> ordered;
    for (const std::string& name : names) {
        auto output = run_command({"modprobe", "--show-depends", "-d", root.string(), "-S", release, name}, soon());
        if (!output) {
            return fail_within(output.error(), fmt::format("looking for module {}", name));
        }
        if (output->exit_code != 0) {
            spdlog::debug("{} has no module {}", release, name);
            continue;
        }
        auto files = parse_show_depends(output->out, as_printed);
        if (!files) {
            return files;
        }
        for (fs::path& file : *files) {
            if (std::find(ordered.begin(), ordered.end(), file) == ordered.end()) {
                ordered.push_back(std::move(file));
            }
        }
    }
    return ordered;
}

Result<std::string> read_module(const Directory& modules, const fs::path& file) {
    auto content = modules.read(file, kLargestModule);
    const std::string suffix = file.extension();
    if (!content || suffix == ".ko") {
        return content;
    }
    for (const auto& [extension, program] :
         {std::pair{".xz", "xz"}, std::pair{".zst", "zstd"}, std::pair{".gz", "gzip"}}) {
        if (suffix == extension) {
            CommandOptions options;
            options.input = std::move(*content);
            return command_stdout({program, "-dcq"}, soon(), options);
        }
    }
    return fail(Fault::broken, fmt::format("module {} is compressed in an unknown way", file.string()));
}

}  // namespace blkhang
