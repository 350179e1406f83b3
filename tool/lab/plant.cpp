// SPDX-License-Identifier: GPL-2.0-only
#include "lab/plant.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/file.h"
#include "base/process.h"
#include "base/program.h"
#include "embedded/plants.h"
#include "lab/build_root.h"
#include "lab/cache.h"
#include "profile/plants.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

/// Debian's headers name the compiler in .kernelvariables or in the kernel's own makefiles; any recent gcc does.
Status check_tools() {
    for (const char* program : {"make", "gcc"}) {
        if (auto found = find_program(program); !found) {
            return fail(Error(Fault::unsupported, fmt::format("building a planted bug needs {}", program))
                            .hint("apt-get install gcc make"));
        }
    }
    return {};
}

/// make takes a blank for the end of a name, and kbuild's shell lines take quotes for quotes.
Status check_path_for_make(const fs::path& path) {
    constexpr std::string_view kHarmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+~@-";
    const auto at = path.native().find_first_not_of(kHarmless);
    if (at == std::string::npos) {
        return {};
    }
    return fail(Error(Fault::unsupported, fmt::format("modules cannot be built in {}: make stumbles over '{}'",
                                                      path.string(), path.native()[at]))
                    .hint("set XDG_CACHE_HOME to a path without such characters"));
}

/// Builds in `work`, an empty directory.
Result<std::string> compile(const std::string& name, const Kernel& kernel, const fs::path& work) {
    for (const fs::path& path : {work, kernel.build_tree}) {
        if (Status fit = check_path_for_make(path); !fit) {
            return fail(fit.error());
        }
    }
    for (const auto& [file, content] : embedded::plants()) {
        if (Status written = write_file(work / file, content); !written) {
            return fail(written.error());
        }
    }
    if (Status written = write_file(work / "Kbuild", fmt::format("obj-m := {}.o\n", name)); !written) {
        return fail(written.error());
    }
    // Module BTF would call for pahole, and nothing reads it.
    const std::vector<std::string> arguments{"CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"};
    const std::string product = name + ".ko";
    if (const auto reason = why_not_here(kernel.build_tree)) {
        if (!kernel.origin) {
            return fail(Error(Fault::unsupported, *reason)
                            .hint("build on the machine that built the kernel, or install its compiler as gcc"));
        }
        spdlog::debug("{}: building in a root of the kernel's own suite", *reason);
        auto cache = cache_directory();
        auto root = cache ? BuildRoot::obtain(*cache, kernel) : fail(cache.error());
        if (!root) {
            return fail_within(root.error(), *reason);
        }
        return root->make(kernel.build_tree, work, arguments, product);
    }
    std::vector<std::string> argv{"make",  "-s", "-C", kernel.build_tree.string(), fmt::format("M={}", work.string()),
                                  "CC=gcc"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto done = command_stdout(argv, Deadline::after(std::chrono::minutes(5)));
    if (!done) {
        return fail(done.error());
    }
    return read_file(work / product);
}

/// Works beside the result and not in a temporary directory: what a killed build leaves, the next one clears away.
Status build_into(const fs::path& kept, const std::string& name, const Kernel& kernel) {
    if (Status made = make_directories(kept.parent_path()); !made) {
        return made;
    }
    auto lock = FileLock::acquire(kept.parent_path() / "lock", Deadline::after(std::chrono::minutes(20)));
    if (!lock) {
        return fail(lock.error());
    }
    const fs::path work = kept.parent_path() / "build";
    std::error_code problem;
    fs::remove_all(work, problem);
    if (Status made = make_directories(work); !made) {
        return made;
    }
    const auto module = compile(name, kernel, work);
    fs::remove_all(work, problem);
    return module ? replace_file(kept, *module) : fail(module.error());
}

/// Everything that the module depends on: all sources, as headers are shared, and the kernel's exact configuration. Of
/// a package that is its version, wherever it lies: so a module is found where it was carried to, too.
Result<std::string> plant_key(const std::string& name, Kernel& kernel) {
    std::string all = fmt::format("{}\n{}\n", name, kernel.release);
    for (const auto& [file, content] : embedded::plants()) {
        all += fmt::format("{}\n{}\n", file, content);
    }
    if (kernel.origin) {
        return content_key(fmt::format("{}{}\n{}\n", all, kernel.origin->package, kernel.origin->version));
    }
    const auto build_tree = obtain_build_tree(kernel);
    if (!build_tree) {
        return fail(build_tree.error());
    }
    all += build_tree->string() + "\n";
    auto symbols = read_file(*build_tree / "Module.symvers");
    if (!symbols) {
        return fail(std::move(symbols.error()).hint("the kernel's build tree must be built, modules included"));
    }
    return content_key(all + *symbols);
}

}  // namespace

Result<fs::path> build_plant(std::string_view name, Kernel& kernel) {
    const std::string plant(name);
    if (Status known = check_plant_name(name); !known) {
        return fail(known.error());
    }
    const std::string context = fmt::format("planting {} in {}", name, kernel.release);
    auto cache = cache_directory();
    auto key = plant_key(plant, kernel);
    if (!cache || !key) {
        return fail_within(cache ? key.error() : cache.error(), context);
    }
    const fs::path kept = *cache / "plants" / fmt::format("{}-{}.ko", plant, *key);
    if (is_there(kept)) {
        return kept;
    }
    if (Status tools = check_tools(); !tools) {
        return fail_within(tools.error(), context);
    }
    if (auto build_tree = obtain_build_tree(kernel); !build_tree) {
        return fail_within(build_tree.error(), context);
    }
    spdlog::debug("building {} for {}", plant, kernel.release);
    if (Status built = build_into(kept, plant, kernel); !built) {
        return fail_within(built.error(), context);
    }
    return kept;
}

}  // namespace blkhang
