// SPDX-License-Identifier: GPL-2.0-only
#include "publish/several.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <unordered_set>
#include <utility>

#include "record/files.h"
#include "record/run_identity.h"

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
        std::error_code failed, denied;
        std::vector<fs::path> folders;
        for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
            std::error_code unseen;
            if (entry->symlink_status(unseen).type() == fs::file_type::directory) {
                folders.push_back(entry->path());
            }
            // What is gone meanwhile is no such case.
            denied = unseen == std::errc::permission_denied ? unseen : denied;
            if (folders.size() + found_.directories.size() > kRunsTogether) {
                return too_many(folder, kRunsTogether, "in it");
            }
        }
        if (failed || denied) {
            const Error why(Fault::usage, fmt::format("{}: {}", folder.string(), (failed ? failed : denied).message()));
            if (depth == kFolderDepth) {
                return fail(why);
            }
            found_.unlisted.emplace_back(folder, why);
        }
        std::ranges::sort(folders);
        for (const fs::path& each : folders) {
            const auto directory = Directory::open(each);
            if (!directory || holds_runs(*directory)) {
                found_.directories.push_back(each);  // whoever reads it says why it cannot
            } else if (depth > 1) {
                if (auto below = look_below(each, depth - 1); !below) {
                    return below;
                }
            }
        }
        return {};
    }
    [[nodiscard]] FoundBelow found() && { return std::move(found_); }

private:
    static tl::unexpected<Error> too_many(const fs::path& folder, std::size_t count, std::string_view where) {
        return fail(Fault::usage, fmt::format("{}: more than {} folders {}; name those that are meant", folder.string(),
                                              count, where));
    }

    std::size_t looked_at_ = 0;
    FoundBelow found_;
};

class Reader {
public:
    /// What the user has named, below which the next ones lie.
    void below(const fs::path& top) { top_ = top; }
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
        if (auto copied = drop_copies(*matrix); copied > 0) {
            leave_out(path,
                      Error(Fault::usage, fmt::format("{}: {} of {} {} in another directory, too, and {} once",
                                                      path.string(), copied, runs(copied + matrix->cells.size()),
                                                      copied == 1 ? "is" : "are", copied == 1 ? "counts" : "count")));
            if (matrix->cells.empty()) {
                return {};
            }
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

    void leave_out(const fs::path& path, const Error& error) {
        // It may stand in a page that goes to others: where this machine keeps its records is none of their business.
        const std::string above = (path == top_ ? path.parent_path() : top_).string() + "/";
        std::string why = fmt::format("{}", fmt::join(error.chain(), ": "));
        for (auto at = why.find(above); at != std::string::npos; at = why.find(above, at)) {
            why.erase(at, above.size());
        }
        result_.left_out.push_back(std::move(why));
    }

    [[nodiscard]] SeveralMatrices finish() && {
        const fs::path above = above_all();
        for (std::size_t i = 0; i < ways_.size(); ++i) {
            result_.matrices[i].name = ways_[i].lexically_relative(above).generic_string();
        }
        return std::move(result_);
    }

private:
    /// Runs that a matrix before this one holds, such as the one that this was copied from. How many?
    std::size_t drop_copies(Matrix& matrix) {
        std::vector<std::string> own;
        const auto copied = std::erase_if(matrix.cells, [&](const CellResult& cell) {
            // Of one that left no record it is not known when it was.
            std::string identity = identity_of(cell);
            identity = identity.empty() ? matrix.started + "\n" + cell.label + "\n" + cell.id : identity;
            const bool is_copy = runs_seen_.contains(identity);
            own.push_back(std::move(identity));
            return is_copy;
        });
        runs_seen_.insert(std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
        return copied;
    }
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
        leave_out(path, error);
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

    fs::path top_;
    std::set<fs::path> known_;
    std::unordered_set<std::string> runs_seen_;
    std::vector<fs::path> ways_;
    SeveralMatrices result_;
    std::size_t runs_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace

bool holds_runs(const Directory& directory) {
    return directory.has(files::kMatrix) || directory.has(files::kMatrixRequest) || directory.has(files::kRecord);
}

Result<FoundBelow> find_below(const fs::path& folder) {
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
        const auto found = holds_runs(*directory) ? FoundBelow{{path}, {}} : find_below(path);
        if (!found) {
            return fail(found.error());
        }
        if (found->directories.empty() && found->unlisted.empty()) {
            return fail(holds_matrix(*directory).error());  // which says what is missing
        }
        reader.below(path);
        for (const auto& [folder, why] : found->unlisted) {
            reader.leave_out(folder, why);
        }
        for (const fs::path& each : found->directories) {
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
