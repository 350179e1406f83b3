// SPDX-License-Identifier: GPL-2.0-only
#include "publish/several.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// What is told together: runs in all, and bytes of what they are read from. A lab with six kernels and ten profiles
/// has 60 runs a week; a run takes some 2 KiB of memory.
constexpr std::size_t kRunsTogether = 100'000;
constexpr std::uint64_t kBytesTogether = std::uint64_t{256} << 20U;
/// Folders that are looked into for matrices, and how deep.
constexpr std::size_t kFolders = 20'000;
constexpr std::size_t kFolderDepth = 5;

class Finder {
public:
    Status look_below(const fs::path& folder, std::size_t depth) {
        if (++looked_at_ > kFolders) {
            return too_many(folder, kFolders, "to look into");
        }
        std::error_code failed;
        std::vector<fs::path> folders;
        for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
            std::error_code ignored;
            if (entry->symlink_status(ignored).type() == fs::file_type::directory) {
                folders.push_back(entry->path());
            }
            if (folders.size() + found_.size() > kRunsTogether) {
                return too_many(folder, kRunsTogether, "in it");
            }
        }
        if (failed) {
            return fail(Fault::usage, fmt::format("{}: {}", folder.string(), failed.message()));
        }
        std::ranges::sort(folders);
        for (const fs::path& each : folders) {
            const auto directory = Directory::open(each);
            if (!directory || holds_runs(*directory)) {
                found_.push_back(each);  // whoever reads it says why it cannot
            } else if (depth > 1) {
                if (auto below = look_below(each, depth - 1); !below) {
                    return below;
                }
            }
        }
        return {};
    }
    [[nodiscard]] std::vector<fs::path> found() && { return std::move(found_); }

private:
    static tl::unexpected<Error> too_many(const fs::path& folder, std::size_t count, std::string_view where) {
        return fail(Fault::usage, fmt::format("{}: more than {} folders {}; name those that are meant", folder.string(),
                                              count, where));
    }

    std::size_t looked_at_ = 0;
    std::vector<fs::path> found_;
};

class Reader {
public:
    /// `is_named`: by the user, so that what is wrong with it is an error.
    Status add(const fs::path& path, bool is_named) {
        std::error_code ignored;
        const fs::path where = fs::weakly_canonical(path, ignored);
        if (!known_.insert(where).second) {
            return {};
        }
        const auto directory = Directory::open(path);
        if (!directory) {
            return leave_out_or_fail(path, directory.error(), is_named);
        }
        if (auto room = make_room(*directory); !room) {
            return room;
        }
        auto matrix = read_runs(*directory);
        if (!matrix) {
            return leave_out_or_fail(path, matrix.error(), is_named);
        }
        runs_ += matrix->cells.size();
        if (runs_ > kRunsTogether) {
            return fail(Fault::usage, fmt::format("more than {} runs in all: name fewer matrices", kRunsTogether));
        }
        ways_.push_back(where);
        result_.matrices.push_back({"", std::move(*matrix)});
        result_.directories.push_back(path);
        return {};
    }

    [[nodiscard]] SeveralMatrices finish() && {
        const fs::path above = above_all();
        for (std::size_t i = 0; i < ways_.size(); ++i) {
            result_.matrices[i].name = ways_[i].lexically_relative(above).generic_string();
        }
        return std::move(result_);
    }

private:
    /// Before anything is read: what cannot be read says so there.
    Status make_room(const Directory& directory) {
        const bool is_matrix = directory.has(files::kMatrix);
        bytes_ += directory
                      .size(is_matrix ? files::kMatrix : files::kRecord,
                            is_matrix ? files::kLargestMatrix : files::kLargestRecord)
                      .value_or(0);
        if (bytes_ > kBytesTogether) {
            return fail(Fault::usage, fmt::format("{} and those before it are too large to be told together: name "
                                                  "fewer matrices",
                                                  directory.path().string()));
        }
        return {};
    }
    Status leave_out_or_fail(const fs::path& path, const Error& error, bool is_named) {
        if (is_named) {
            return fail(error);
        }
        // It may stand in a page that goes to others: where this machine keeps its records is none of their business.
        const std::string above = path.parent_path().string() + "/";
        std::string why = fmt::format("{}", fmt::join(error.chain(), ": "));
        for (auto at = why.find(above); at != std::string::npos; at = why.find(above, at)) {
            why.erase(at, above.size());
        }
        result_.left_out.push_back(std::move(why));
        return {};
    }
    /// Where all lie in; that of a single one is the one above it.
    [[nodiscard]] fs::path above_all() const {
        fs::path above = ways_.empty() ? fs::path() : ways_.front().parent_path();
        for (const fs::path& way : ways_) {
            const fs::path parent = way.parent_path();
            const auto [ours, theirs] = std::mismatch(above.begin(), above.end(), parent.begin(), parent.end());
            fs::path common;
            for (auto part = above.begin(); part != ours; ++part) {
                common /= *part;
            }
            above = common;
        }
        return above;
    }

    std::set<fs::path> known_;
    std::vector<fs::path> ways_;
    SeveralMatrices result_;
    std::size_t runs_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace

bool holds_runs(const Directory& directory) {
    return directory.has(files::kMatrix) || directory.has(files::kMatrixRequest) || directory.has(files::kRecord);
}

Result<std::vector<fs::path>> find_below(const fs::path& folder) {
    Finder finder;
    if (auto looked = finder.look_below(folder, kFolderDepth); !looked) {
        return fail(looked.error());
    }
    return std::move(finder).found();
}

Result<SeveralMatrices> read_several(const std::vector<fs::path>& paths) {
    Reader reader;
    for (const fs::path& path : paths) {
        const auto directory = Directory::open(path);
        if (!directory) {
            return fail(directory.error());
        }
        const auto found = holds_runs(*directory) ? std::vector{path} : find_below(path);
        if (!found) {
            return fail(found.error());
        }
        if (found->empty()) {
            return fail(holds_matrix(*directory).error());  // which says what is missing
        }
        for (const fs::path& each : *found) {
            if (auto added = reader.add(each, each == path); !added) {
                return fail(added.error());
            }
        }
    }
    SeveralMatrices several = std::move(reader).finish();
    if (several.matrices.empty()) {
        return fail(Fault::usage, fmt::format("none of what lies there can be read: {}", several.left_out.front()));
    }
    return several;
}

}  // namespace blkhang
