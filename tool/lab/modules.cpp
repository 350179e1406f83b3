// SPDX-License-Identifier: GPL-2.0-only
#include "lab/modules.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "base/file.h"
#include "base/path_name.h"
#include "base/process.h"
#include "base/regular_file.h"
#include "base/signals.h"
#include "base/sizes.h"
#include "lab/cache.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestPart = 128;                        // of a module's path: names of drivers are long
constexpr std::size_t kLargestModule = std::size_t{256} << 20U;  // with debug information some are large

constexpr std::size_t kLargestUnpacked = std::size_t{64} << 20U;  // what is packed has no debug information
constexpr std::uint64_t kLargestInAll = std::uint64_t{2} << 30U;  // all of a kernel's, with debug information
constexpr std::size_t kMostModules = 65'536;                      // a distribution's kernel has 4,000

/// Is it read by depmod, modprobe or us?
bool is_of_modules(const fs::path& file) {
    const std::string name = file.filename();
    static constexpr std::string_view kEnds[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
    return is_path_name(name, kLongestPart) &&
           (name.starts_with("modules.") ||
            std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); }));
}

/// Of a file that is there, and itself, not what a link leads to.
Result<struct stat> itself(const fs::path& file) {
    struct stat found {};
    return ::lstat(file.c_str(), &found) == 0 ? Result<struct stat>(found) : fail_errno(file.string());
}

Deadline soon() { return Deadline::after(std::chrono::seconds(30)); }

}  // namespace

Result<ModuleFiles> module_files(const fs::path& directory) {
    ModuleFiles all;
    std::error_code problem;
    for (fs::recursive_directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
        auto found = itself(at->path());
        if (!found) {
            return fail(found.error());
        }
        if (S_ISDIR(found->st_mode)) {
            if (!is_path_name(at->path().filename().native(), kLongestPart)) {
                at.disable_recursion_pending();
            }
            continue;
        }
        // An index is opened by programs that follow links and wait for FIFOs; a module is read by us, over none.
        const bool is_index = at->path().filename().native().starts_with("modules.");
        if (!is_of_modules(at->path()) || (S_ISLNK(found->st_mode) && !is_index)) {
            continue;
        }
        if (auto regular = check_regular(at->path(), *found, kLargestModule); !regular) {
            return fail(regular.error());
        }
        all.files.push_back(at->path().lexically_relative(directory));
        all.bytes += static_cast<std::uint64_t>(found->st_size);
        if (all.bytes > kLargestInAll || all.files.size() > kMostModules) {
            return fail(Fault::usage, fmt::format("{}: more than {} or {} files, and no kernel has so much of modules",
                                                  directory.string(), format_size(kLargestInAll), kMostModules));
        }
    }
    if (problem) {
        return fail(Fault::usage, Error::from_errno(problem.value(), directory.string()).message());
    }
    return all;
}

Status copy_modules(const fs::path& from, const fs::path& to) {
    const auto all = module_files(from);
    const auto source = Directory::open(from);
    if (!all || !source) {
        return fail(all ? source.error() : all.error());
    }
    if (Status room = make_directories(to).and_then([&] { return ensure_space(to, all->bytes); }); !room) {
        return room;
    }
    for (const fs::path& file : all->files) {
        auto content = source->read(file, kLargestModule);
        if (!content) {
            return fail(content.error());
        }
        Status copied =
            make_directories((to / file).parent_path()).and_then([&] { return write_file(to / file, *content); });
        if (!copied) {
            return copied;
        }
    }
    return {};
}

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
            options.largest_output = kLargestUnpacked;
            auto unpacked = command_stdout({program, "-dcq"}, soon(), options);
            if (unpacked || interrupted()) {
                return unpacked;
            }
            return fail(Fault::usage,
                        fmt::format("{}: {}", (modules.path() / file).string(), unpacked.error().message()));
        }
    }
    return fail(Fault::broken, fmt::format("module {} is compressed in an unknown way", file.string()));
}

}  // namespace blkhang
