// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel.h"

#include <fmt/format.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/process.h"
#include "base/uname.h"
#include "lab/bzimage.h"
#include "lab/cache.h"
#include "lab/deb_kernel.h"
#include "lab/modules.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTreeImage = "arch/x86/boot/bzImage";
constexpr std::size_t kLargestStandIn = 4096;
constexpr const char* kTreeModules = "modules.order";  // written at the end of building the modules

/// The directory that stands for / over lib/modules/RELEASE, given any of the levels that users may mean by modules=.
Result<fs::path> modules_root_of(const fs::path& given, const std::string& release) {
    std::error_code none;
    fs::path root = fs::weakly_canonical(given, none);
    for (int level = 0; level <= 3 && !root.empty(); ++level, root = root.parent_path()) {
        const fs::path modules = modules_directory(root, release);
        if (!fs::is_directory(modules, none)) {
            continue;
        }
        // Its links may lead anywhere in there, such as from lib to usr/lib, but not out of it.
        const fs::path behind = fs::canonical(modules, none).lexically_relative(root);
        if (behind.empty() || *behind.begin() == "..") {
            return fail(Fault::usage, fmt::format("{} leads out of {}", modules.string(), root.string()));
        }
        return root;
    }
    return fail(Error(Fault::usage, fmt::format("{} holds no modules of kernel {}", given.string(), release))
                    .hint(fmt::format("give the directory that holds lib/modules/{}", release)));
}

/// modprobe needs an index. Where there is none, one is made beside a copy: what the user gave stays as it is.
Result<fs::path> indexed(const fs::path& root, const std::string& release) {
    const fs::path modules = modules_directory("", release);
    if (is_there(root / modules / "modules.dep.bin")) {
        const auto sound = module_files(root / modules);
        return sound ? Result<fs::path>(root) : fail(sound.error());
    }
    auto cache = cache_directory();
    if (!cache) {
        return cache;
    }
    auto lock = lock_cache(*cache);
    if (!lock) {
        return fail(lock.error());
    }
    const fs::path copy = *cache / "modules" / content_key(root.string() + release);
    const Status made = publish_directory(copy, [&](const fs::path& scratch) -> Status {
        return copy_modules(root / modules, scratch / modules).and_then([&] {
            return index_modules(scratch, release);
        });
    });
    if (!made) {
        return fail(made.error());
    }
    return copy;
}

Result<Kernel> obtain(const DebSeries& spec) {
    auto cache = cache_directory();
    return cache ? obtain_deb_kernel(*cache, spec) : fail(cache.error());
}

Result<Kernel> obtain(const DebPackage& spec) {
    auto cache = cache_directory();
    return cache ? obtain_deb_kernel(*cache, spec) : fail(cache.error());
}

Result<Kernel> obtain(const ImageFile& spec) {
    auto release = image_release(spec.image);
    if (!release) {
        return fail(release.error());
    }
    Kernel kernel{*release, fmt::format("file:{}", spec.image.string()), fs::absolute(spec.image), {}, {}, {}, {}};
    if (!spec.modules.empty()) {
        kernel.label += fmt::format(",modules={}", spec.modules.string());
        auto root = modules_root_of(spec.modules, *release);
        if (root) {
            root = indexed(*root, *release);
        }
        if (!root) {
            return fail(root.error());
        }
        kernel.modules_root = *root;
    }
    return kernel;
}

std::string stamp_of(const fs::path& file) {
    std::error_code none;
    return fmt::format("{} {}", fs::file_size(file, none), fs::last_write_time(file, none).time_since_epoch().count());
}

/// What `make modules_install` gives, indexed. Installed anew whenever the tree was built anew, since it is somebody's
/// work in progress; several runs on the same build share it.
Result<fs::path> installed_modules(const fs::path& tree, const std::string& release) {
    auto cache = cache_directory();
    if (!cache) {
        return cache;
    }
    auto lock = lock_cache(*cache);
    if (!lock) {
        return fail(lock.error());
    }
    const fs::path installs = *cache / "modules" / content_key(tree.string());
    const fs::path modules = installs / content_key(stamp_of(tree / kTreeImage) + stamp_of(tree / kTreeModules));
    if (is_there(modules)) {
        return modules;
    }
    std::error_code problem;
    fs::remove_all(installs, problem);
    const Status installed = publish_directory(modules, [&](const fs::path& scratch) -> Status {
        auto done = command_stdout({"make", "-s", "-C", tree.string(), "modules_install",
                                    fmt::format("INSTALL_MOD_PATH={}", scratch.string()), "INSTALL_MOD_STRIP=1"},
                                   Deadline::after(std::chrono::minutes(10)));
        return done ? index_modules(scratch, release)
                    : Status(fail_within(done.error(), "installing the tree's modules"));
    });
    if (!installed) {
        return fail(installed.error());
    }
    return modules;
}

Result<Kernel> stood_for(const BuildTree& spec) {
    const fs::path file = spec.directory / kStandInFile;
    const auto text = Directory::open(spec.directory).and_then([](const Directory& directory) {
        return directory.read(kStandInFile, kLargestStandIn);
    });
    if (!text) {
        return fail(text.error());
    }
    auto choice = parse_kernel_choice(std::string_view(*text).substr(0, text->find('\n')));
    if (!choice) {
        return fail_within(choice.error(), file.string());
    }
    if (std::holds_alternative<BuildTree>(choice->spec)) {
        return fail(Fault::usage, fmt::format("{}: a tree cannot stand for another tree", file.string()));
    }
    auto kernel = obtain_kernel(choice->spec);
    if (!kernel) {
        return fail_within(kernel.error(), file.string());
    }
    kernel->label = fmt::format("tree:{} standing for {}", spec.directory.string(), kernel->label);
    kernel->plant = choice->plant;
    return kernel;
}

Status holds_kernel(const BuildTree& spec) {
    if (is_there(spec.directory / kTreeImage) || is_there(spec.directory / kStandInFile)) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("{} holds no built kernel", spec.directory.string()))
                    .hint("run make bzImage modules there"));
}

Result<Kernel> obtain(const BuildTree& spec) {
    if (auto holds = holds_kernel(spec); !holds) {
        return fail(holds.error());
    }
    const fs::path image = spec.directory / kTreeImage;
    if (!is_there(image)) {
        return stood_for(spec);
    }
    auto release = image_release(image);
    if (!release) {
        return fail(release.error());
    }
    const fs::path tree = fs::absolute(spec.directory);
    Kernel kernel{*release, fmt::format("tree:{}", spec.directory.string()), fs::absolute(image), {}, tree, {}, {}};
    if (!is_there(tree / kTreeModules)) {
        return kernel;  // monolithic
    }
    auto modules = installed_modules(tree, *release);
    if (!modules) {
        return fail(modules.error());
    }
    kernel.modules_root = *modules;
    return kernel;
}

Result<Kernel> obtain(const RunningKernel&) {
    const std::string release = uname_here().release;
    const fs::path modules = fs::path("/lib/modules") / release;
    for (const fs::path& image : {fs::path("/boot/vmlinuz-" + release), modules / "vmlinuz"}) {
        if (is_there(image)) {
            Kernel kernel{release, "running", image, {}, {}, {}, {}};
            if (is_there(modules)) {
                kernel.modules_root = "/";
            }
            if (is_there(modules / "build")) {
                kernel.build_tree = modules / "build";
            }
            return kernel;
        }
    }
    return fail(Error(Fault::unsupported, fmt::format("the image of the running kernel {} is not installed", release))
                    .hint("give it as file:BZIMAGE,modules=DIR"));
}

}  // namespace

std::string pinned_spec(const KernelSpec& spec, const Kernel& kernel) {
    if (const auto* file = std::get_if<ImageFile>(&spec)) {
        return fmt::format("file:{}{}", fs::absolute(file->image).string(),
                           file->modules.empty() ? "" : ",modules=" + fs::absolute(file->modules).string());
    }
    if (const auto* tree = std::get_if<BuildTree>(&spec)) {
        return fmt::format("tree:{}", fs::absolute(tree->directory).string());
    }
    if (!kernel.origin) {
        return "running";
    }
    return fmt::format("deb:{}={}{}", kernel.origin->package, kernel.origin->version,
                       kernel.origin->suite.empty() ? "" : "@" + kernel.origin->suite);
}

Status check_kernel_files(const KernelSpec& spec) {
    if (const auto* file = std::get_if<ImageFile>(&spec)) {
        const auto release = image_release(file->image);
        return release ? Status{} : fail(release.error());
    }
    const auto* tree = std::get_if<BuildTree>(&spec);
    return tree == nullptr ? Status{} : holds_kernel(*tree);
}

Result<Kernel> obtain_kernel(const KernelSpec& spec) {
    return std::visit([](const auto& each) { return obtain(each); }, spec);
}

Result<fs::path> obtain_build_tree(Kernel& kernel) {
    if (!kernel.build_tree.empty()) {
        return kernel.build_tree;
    }
    if (kernel.origin) {
        auto cache = cache_directory();
        auto tree = cache ? obtain_deb_headers(*cache, kernel) : cache;
        if (!tree) {
            return tree;
        }
        kernel.build_tree = *tree;
    } else {
        // What lies beside the modules of an image may be anybody's, and building in it would run what it holds.
        return fail(Error(Fault::unsupported, fmt::format("no headers to build a module for {} with", kernel.label))
                        .hint("use deb:... or tree:DIR"));
    }
    return kernel.build_tree;
}

}  // namespace blkhang
