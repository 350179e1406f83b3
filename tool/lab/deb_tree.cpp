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
constexpr std::uint64_t kSpaceNeeded = 600U << 20U;  // of a kernel with its companions, packed and unpacked

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

Status fetch_deb_tree(Apt& apt, const Download& download, const fs::path& directory, const FinishTree& finish) {
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
            if (Status space = ensure_space(directory.parent_path(), kSpaceNeeded); !space) {
                return space;
            }
            fs::path downloads = directory;
            downloads += ".debs";
            const Status downloaded =
                publish_directory(downloads, [&](const fs::path& scratch) { return download(apt, scratch); });
            Status result = downloaded ? unpack_deb_tree(downloads, directory, finish) : downloaded;
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

Download with_companions(const std::string& package, const std::string& version) {
    return [package, version](const Apt& apt, const fs::path& directory) -> Status {
        const auto packages = apt.with_companions(package, version);
        return packages ? apt.download(*packages, directory) : fail(packages.error());
    };
}

}  // namespace blkhang
