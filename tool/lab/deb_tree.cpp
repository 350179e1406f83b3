// SPDX-License-Identifier: GPL-2.0-only
#include "lab/deb_tree.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdint>

#include "base/file.h"
#include "base/process.h"
#include "base/signals.h"
#include "lab/cache.h"
#include "lab/digest.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSeal = ".blkhang-seal";  // the tree's digest
constexpr std::size_t kLargestSeal = 4096;
constexpr std::uint64_t kSpaceNeeded = 600U << 20U;  // of a kernel with its companions, packed and unpacked

}  // namespace

bool deb_tree_is_whole(const fs::path& directory) {
    const auto seal = read_file(directory / kSeal, kLargestSeal);
    if (!seal) {
        return false;
    }
    const auto now = digest_of_tree(directory, kSeal);
    if (!now || *now != *seal) {
        spdlog::debug("{} is not as it was made{}", directory.string(), now ? "" : ": " + now.error().message());
        return false;
    }
    return true;
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
        if (Status taken = take_from_others(scratch); !taken) {
            return taken;
        }
        const auto seal = digest_of_tree(scratch, kSeal);
        return seal ? write_file(scratch / kSeal, *seal) : fail(seal.error());
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
