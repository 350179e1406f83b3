// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/node_bundle.h"

#include <fmt/format.h>

#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "lab/cache.h"
#include "lab/kernel.h"
#include "lab/plant.h"
#include "profile/kernel_spec.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr auto kPatience = std::chrono::minutes(10);
constexpr const char* kBelowCache = "cache/blkhang/";
constexpr const char* kNeedsSharing = "name a directory with --out that the nodes share";

/// What tar is told to pack, and under which names.
struct Content {
    std::vector<std::string> members;
    std::string pinned;
    bool has_files = false;
};

void add(Content& content, const fs::path& from, const fs::path& member) {
    content.members.insert(content.members.end(), {"-C", from.string(), member.string()});
}

/// As it lies in the cache, so that it is found in the node's.
void add_cached(Content& content, const fs::path& cache, const fs::path& file) {
    add(content, cache, file.lexically_relative(cache));
}

Result<fs::path> plant_of(const Cell& cell, Kernel& kernel) {
    if (!kernel.origin || !kernel.plant.empty()) {
        return fail(Error(Fault::usage, fmt::format("{}: a plant that is built against a tree goes to no node without "
                                                    "a shared directory",
                                                    kernel.label))
                        .hint(kNeedsSharing));
    }
    return build_plant(cell.subject.plant, kernel);
}

Result<Content> content_of(const Cell& cell, const fs::path& staging) {
    Content content;
    content.pinned = cell.pinned;
    const auto spec = parse_kernel_spec(cell.pinned);
    if (!spec) {
        return fail(spec.error());
    }
    if (std::holds_alternative<RunningKernel>(*spec)) {
        return content;  // whatever runs there
    }
    auto kernel = obtain_kernel(*spec);
    const auto cache = cache_directory();
    if (!kernel || !cache) {
        return fail(kernel ? cache.error() : kernel.error());
    }
    if (!cell.subject.plant.empty() || !kernel->plant.empty()) {
        const auto plant = plant_of(cell, *kernel);
        if (!plant) {
            return fail(plant.error());
        }
        add_cached(content, *cache, *plant);
    }
    if (kernel->origin) {
        add_cached(content, *cache, kernel->modules_root);
        return content;
    }
    std::error_code failed;
    fs::create_directories(staging / "kernel", failed);
    if (!failed) {
        fs::copy_file(kernel->image, staging / "kernel/image", fs::copy_options::overwrite_existing, failed);
    }
    if (failed) {
        return fail(Fault::broken, fmt::format("{}: {}", staging.string(), failed.message()));
    }
    add(content, staging, "kernel/image");
    content.pinned = "file:kernel/image";
    content.has_files = true;
    if (!kernel->modules_root.empty()) {
        const fs::path modules = fs::path("lib/modules") / kernel->release;
        content.members.insert(content.members.end(), {fmt::format("--exclude={}/build", modules.string()),
                                                       fmt::format("--exclude={}/source", modules.string())});
        add(content, kernel->modules_root, modules);
        content.pinned += ",modules=kernel/root";
    }
    return content;
}

Status pack(const Content& content, const fs::path& program, const fs::path& file) {
    std::vector<std::string> tar{"tar", "--create", "--gzip", "--file=" + file.string(), "--owner=0", "--group=0",
                                 // Targets of links stay as they are.
                                 fmt::format("--transform=s,^\\(kernels\\|plants\\|modules\\)/,{}\\1/,S", kBelowCache),
                                 "--transform=s,^lib/modules/,kernel/root/lib/modules/,S", "-C",
                                 program.parent_path().string(), program.filename().string()};
    tar.insert(tar.end(), content.members.begin(), content.members.end());
    CommandOptions quickly;
    quickly.environment = {"GZIP=-1"};
    return command_stdout(tar, Deadline::after(kPatience), quickly).map([](const std::string&) {});
}

}  // namespace

Result<NodeBundle> bundle_for(const Cell& cell, const fs::path& program, const fs::path& directory) {
    const fs::path staging = directory / "bundle.part";
    std::error_code failed;
    fs::remove_all(staging, failed);  // of whoever was killed, or a stranger's link, which would be followed
    const auto content = content_of(cell, staging);
    if (!content) {
        return fail(content.error());
    }
    // A program that came meanwhile, by whoever resumes with a newer one, is another bundle.
    const auto stamp = fs::last_write_time(program, failed).time_since_epoch().count();
    NodeBundle bundle;
    bundle.pinned = content->pinned;
    bundle.has_files = content->has_files;
    bundle.file =
        directory /
        fmt::format("bundle-{}", content_key(fmt::format("{}\n{}\n{}", cell.pinned, cell.subject.plant, stamp)));
    if (!is_there(bundle.file)) {
        fs::create_directories(staging, failed);
        if (auto packed = pack(*content, program, staging / "packed"); !packed) {
            return fail_within(packed.error(), "packing what nodes need");
        }
        fs::rename(staging / "packed", bundle.file, failed);
    }
    std::error_code ignored;
    fs::remove_all(staging, ignored);
    bundle.bytes = failed ? 0 : fs::file_size(bundle.file, failed);
    return failed
               ? Result<NodeBundle>(fail(Fault::broken, fmt::format("{}: {}", bundle.file.string(), failed.message())))
               : Result<NodeBundle>(std::move(bundle));
}

}  // namespace blkhang
