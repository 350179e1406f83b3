// SPDX-License-Identifier: GPL-2.0-only
#include "lab/deb_tree.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/signals.h"
#include "lab/cache.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSeal = ".blkhang-seal";
constexpr std::uintmax_t kSpaceNeeded = std::uintmax_t{600} << 20;

/// Number and total size of the files: cheap enough for every run, and enough to notice what a full disk or an
/// interrupted copy does.
std::string inventory(const fs::path& directory) {
    std::uintmax_t files = 0;
    std::uintmax_t bytes = 0;
    std::error_code problem;
    for (fs::recursive_directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
        if (at->symlink_status().type() == fs::file_type::regular && at->path().filename() != kSeal) {
            ++files;
            bytes += at->file_size(problem);
        }
    }
    return fmt::format("{} files {} bytes\n", files, bytes);
}

Status check_space(const fs::path& directory) {
    std::error_code unknown;
    const fs::space_info space = fs::space(directory, unknown);
    if (!unknown && space.available < kSpaceNeeded) {
        return fail(
            Error(Fault::broken, fmt::format("only {} MiB free in {}", space.available >> 20, directory.string()))
                .hint(fmt::format("free {} MiB, or set XDG_CACHE_HOME to another disk", kSpaceNeeded >> 20)));
    }
    return {};
}

}  // namespace

bool deb_tree_is_whole(const fs::path& directory) {
    const auto seal = read_file(directory / kSeal);
    return seal && *seal == inventory(directory);
}

Status unpack_deb_tree(const fs::path& downloads, const fs::path& directory, const FinishTree& finish) {
    return publish_directory(directory, [&](const fs::path& scratch) -> Status {
        for (const auto& entry : fs::directory_iterator(downloads)) {
            auto done = command_stdout({"dpkg-deb", "-x", entry.path().string(), scratch.string()},
                                       Deadline::after(std::chrono::minutes(5)));
            if (!done) {
                return fail_within(done.error(), fmt::format("unpacking {}", entry.path().filename().string()));
            }
        }
        if (Status finished = finish(scratch); !finished) {
            return finished;
        }
        return write_file(scratch / kSeal, inventory(scratch));
    });
}

Status fetch_deb_tree(Apt& apt, const std::string& package, const std::string& version, const fs::path& directory,
                      const FinishTree& finish) {
    Status fetched;
    for (const bool again : {false, true}) {
        if (again) {
            if (interrupted()) {
                return fetched;
            }
            // The mirror may have moved on since the lists were fetched, or the download was damaged.
            spdlog::debug("{}; once more with fresh package lists", fetched.error().message());
            if (Status fresh = apt.refresh(true); !fresh) {
                return fetched;
            }
        }
        fetched = [&]() -> Status {
            if (Status space = check_space(directory.parent_path()); !space) {
                return space;
            }
            auto packages = apt.with_companions(package, version);
            if (!packages) {
                return fail(packages.error());
            }
            fs::path downloads = directory;
            downloads += ".debs";
            const Status unpacked =
                publish_directory(downloads, [&](const fs::path& scratch) { return apt.download(*packages, scratch); });
            Status result = unpacked ? unpack_deb_tree(downloads, directory, finish) : unpacked;
            std::error_code ignored;
            fs::remove_all(downloads, ignored);
            return result;
        }();
        if (fetched) {
            break;
        }
    }
    return fetched;
}

}  // namespace blkhang
