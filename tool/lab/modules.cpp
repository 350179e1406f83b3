// SPDX-License-Identifier: GPL-2.0-only
#include "lab/modules.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/file.h"
#include "base/log.h"
#include "base/process.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

Deadline soon() { return Deadline::after(std::chrono::seconds(30)); }

}  // namespace

Status index_modules(const fs::path& root, const std::string& release) {
    auto done = command_stdout({"depmod", "-b", root.string(), release}, soon());
    if (!done) {
        return fail_within(done.error(), fmt::format("indexing the modules of {}", release));
    }
    return {};
}

std::vector<fs::path> parse_show_depends(std::string_view output) {
    std::vector<fs::path> files;
    std::istringstream lines{std::string(output)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string verb;
        std::string file;
        if (words >> verb >> file && verb == "insmod") {
            files.emplace_back(file);
        }
    }
    return files;
}

Result<std::vector<fs::path>> modules_in_load_order(const fs::path& root, const std::string& release,
                                                    const std::vector<std::string>& names) {
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
        for (fs::path& file : parse_show_depends(output->out)) {
            if (std::find(ordered.begin(), ordered.end(), file) == ordered.end()) {
                ordered.push_back(std::move(file));
            }
        }
    }
    return ordered;
}

Result<std::string> read_module(const fs::path& file) {
    const std::string suffix = file.extension();
    if (suffix == ".ko") {
        return read_file(file);
    }
    for (const auto& [extension, program] :
         {std::pair{".xz", "xz"}, std::pair{".zst", "zstd"}, std::pair{".gz", "gzip"}}) {
        if (suffix == extension) {
            return command_stdout({program, "-dcq", file.string()}, soon());
        }
    }
    return fail(Fault::broken, fmt::format("module {} is compressed in an unknown way", file.string()));
}

}  // namespace blkhang
