// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/process.h"
#include "lab/bzimage.h"
#include "lab/cache.h"
#include "lab/deb_kernel.h"
#include "lab/modules.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

/// The directory that stands for / over lib/modules/RELEASE, given any of the levels that users may mean by modules=.
Result<fs::path> modules_root_of(const fs::path& given, const std::string& release) {
    fs::path root = fs::weakly_canonical(given);
    for (int level = 0; level <= 3; ++level, root = root.parent_path()) {
        if (fs::is_directory(root / "lib/modules" / release)) {
            return root;
        }
    }
    return fail(Error(Fault::usage, fmt::format("{} holds no modules of kernel {}", given.string(), release))
                    .hint(fmt::format("give the directory that holds lib/modules/{}", release)));
}

/// modprobe needs an index. Where there is none, one is made beside a copy: what the user gave stays as it is.
Result<fs::path> indexed(const fs::path& root, const std::string& release) {
    const fs::path modules = fs::path("lib/modules") / release;
    if (fs::exists(root / modules / "modules.dep.bin")) {
        return root;
    }
    auto cache = cache_directory();
    if (!cache) {
        return cache;
    }
    auto lock = FileLock::acquire(*cache / "lock", Deadline::after(std::chrono::minutes(20)));
    if (!lock) {
        return fail(lock.error());
    }
    const fs::path copy = *cache / "modules" / content_key(root.string() + release);
    const Status made = publish_directory(copy, [&](const fs::path& scratch) -> Status {
        std::error_code problem;
        fs::create_directories(scratch / modules, problem);
        fs::copy(root / modules, scratch / modules, fs::copy_options::recursive | fs::copy_options::copy_symlinks,
                 problem);
        if (problem) {
            return fail(Error::from_errno(problem.value(), fmt::format("cannot copy {}", (root / modules).string())));
        }
        return index_modules(scratch, release);
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
    Kernel kernel{*release, fmt::format("file:{}", spec.image.string()), fs::absolute(spec.image), {}, {}, {}};
    if (!spec.modules.empty()) {
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

Result<Kernel> obtain(const BuildTree& spec) {
    const fs::path image = spec.directory / "arch/x86/boot/bzImage";
    if (!fs::exists(image)) {
        return fail(Error(Fault::usage, fmt::format("{} holds no built kernel", spec.directory.string()))
                        .hint("run make bzImage modules there"));
    }
    auto release = image_release(image);
    if (!release) {
        return fail(release.error());
    }
    const fs::path tree = fs::absolute(spec.directory);
    Kernel kernel{*release, fmt::format("tree:{}", spec.directory.string()), fs::absolute(image), {}, tree, {}};
    if (!fs::exists(tree / "modules.order")) {
        return kernel;  // monolithic
    }
    auto cache = cache_directory();
    if (!cache) {
        return fail(cache.error());
    }
    auto lock = FileLock::acquire(*cache / "lock", Deadline::after(std::chrono::minutes(20)));
    if (!lock) {
        return fail(lock.error());
    }
    // Installed anew each time: the tree is somebody's work in progress.
    kernel.modules_root = *cache / "modules" / content_key(tree.string());
    const Status installed = publish_directory(kernel.modules_root, [&](const fs::path& scratch) -> Status {
        auto done = command_stdout({"make", "-s", "-C", tree.string(), "modules_install",
                                    fmt::format("INSTALL_MOD_PATH={}", scratch.string()), "INSTALL_MOD_STRIP=1"},
                                   Deadline::after(std::chrono::minutes(10)));
        return done ? index_modules(scratch, *release)
                    : Status(fail_within(done.error(), "installing the tree's modules"));
    });
    if (!installed) {
        return fail(installed.error());
    }
    return kernel;
}

Result<Kernel> obtain(const RunningKernel&) {
    utsname name{};
    ::uname(&name);
    const std::string release = name.release;
    const fs::path modules = fs::path("/lib/modules") / release;
    for (const fs::path& image : {fs::path("/boot/vmlinuz-" + release), modules / "vmlinuz"}) {
        if (fs::exists(image)) {
            Kernel kernel{release, "running", image, {}, {}, {}};
            if (fs::exists(modules)) {
                kernel.modules_root = "/";
            }
            if (fs::exists(modules / "build")) {
                kernel.build_tree = modules / "build";
            }
            return kernel;
        }
    }
    return fail(Error(Fault::unsupported, fmt::format("the image of the running kernel {} is not installed", release))
                    .hint("give it as file:BZIMAGE,modules=DIR"));
}

}  // namespace

Result<Kernel> obtain_kernel(const KernelSpec& spec) {
    return std::visit([](const auto& each) { return obtain(each); }, spec);
}

Result<fs::path> obtain_build_tree(Kernel& kernel) {
    if (!kernel.build_tree.empty()) {
        return kernel.build_tree;
    }
    const fs::path link = kernel.modules_root / "lib/modules" / kernel.release / "build";
    if (kernel.origin) {
        auto cache = cache_directory();
        auto tree = cache ? obtain_deb_headers(*cache, kernel) : cache;
        if (!tree) {
            return tree;
        }
        kernel.build_tree = *tree;
    } else if (!kernel.modules_root.empty() && fs::exists(link / "Makefile")) {
        kernel.build_tree = link;
    } else {
        return fail(Error(Fault::unsupported, fmt::format("no headers to build a module for {} with", kernel.label))
                        .hint("use deb:... or tree:DIR"));
    }
    return kernel.build_tree;
}

}  // namespace blkhang
