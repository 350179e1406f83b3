// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/directory.h"

#include <fmt/format.h>

#include "matrix/foreign_kernel.h"
#include "record/files.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockFile = "lock";
constexpr std::size_t kLargestLog = std::size_t{1} << 30U;  // only its end is read

/// An empty file is what a power failure leaves of a cell that was not on disk yet.
bool is_stored(const Directory& cell) {
    const auto size = cell.size(kCellFile, UINT64_MAX);
    return cell.has(kCellFile) && (!size || *size > 0);
}

}  // namespace

Result<FileLock> MatrixDirectory::lock(const fs::path& path) {
    auto lock = FileLock::try_acquire(path / kLockFile);
    if (!lock) {
        return fail(Error(Fault::usage, lock.error().message()).hint("name another directory with --out"));
    }
    if (!*lock) {
        return fail(Error(Fault::usage, fmt::format("another blkhang is running a matrix in {}", path.string()))
                        .hint("wait for it, or name another directory with --out"));
    }
    return std::move(**lock);
}

Result<MatrixDirectory> MatrixDirectory::create(const fs::path& path, const MatrixRequest& request) {
    auto directory = Directory::make(path);
    auto cells = directory.and_then([](const Directory& each) { return each.make_below(files::kCells); });
    if (!cells) {
        return fail(std::move(cells.error()).hint("name a directory that can be written with --out"));
    }
    auto locked = lock(path);
    if (!locked) {
        return fail(locked.error());
    }
    if (directory->has(files::kMatrixRequest)) {
        return fail(Error(Fault::usage, fmt::format("{} holds a matrix already", path.string()))
                        .hint("continue it with --resume, or name another directory with --out"));
    }
    if (std::error_code none; fs::directory_iterator(cells->path(), none) != fs::directory_iterator()) {
        return fail(Error(Fault::usage, fmt::format("{} holds cells of another matrix", cells->path().string()))
                        .hint("name another directory with --out"));
    }
    if (auto written = directory->replace(files::kMatrixRequest, to_toml(request)); !written) {
        return fail(written.error());
    }
    return MatrixDirectory(std::move(*directory), std::move(*cells), std::move(*locked), request, Kernels::trusted);
}

Result<MatrixDirectory> MatrixDirectory::reopen(const fs::path& path, Kernels kernels) {
    auto directory = Directory::open(path);
    if (!directory || !directory->has(files::kMatrixRequest)) {
        return fail(Error(Fault::usage, fmt::format("{} holds no matrix to resume", path.string()))
                        .hint("start one without --resume"));
    }
    auto text = directory->read(files::kMatrixRequest, files::kLargestText);
    if (!text) {
        return fail(text.error());
    }
    const std::string file = (path / files::kMatrixRequest).string();
    auto request = parse_request(*text, file);
    if (!request) {
        return fail(request.error());
    }
    if (auto sound = check_request(*request); !sound) {
        return fail_within(sound.error(), file);
    }
    if (kernels == Kernels::foreign) {
        for (const std::string& kernel : kernels_of(*request)) {
            if (auto checked = check_foreign_kernel(kernel); !checked) {
                return fail_within(checked.error(), file);
            }
        }
    }
    auto cells = directory->make_below(files::kCells);
    if (!cells) {
        return fail(cells.error());
    }
    auto locked = lock(path);
    if (!locked) {
        return fail(locked.error());
    }
    return MatrixDirectory(std::move(*directory), std::move(*cells), std::move(*locked), std::move(*request), kernels);
}

Status MatrixDirectory::add(const Cell& cell) const {
    const auto directory = cells_.make_below(cell.id);
    if (!directory) {
        return fail(directory.error());
    }
    return is_stored(*directory) ? Status{} : directory->replace_unflushed(kCellFile, encode(cell));
}

Result<std::optional<Cell>> MatrixDirectory::cell(const std::string& id) const {
    if (!cells_.has(id)) {
        return std::nullopt;
    }
    const auto directory = cells_.below(id);
    if (!directory) {
        return fail(directory.error());
    }
    if (!is_stored(*directory)) {
        return std::nullopt;
    }
    auto cell = read_cell(*directory);
    if (cell && !cell->pinned.empty() && !trusts_kernels()) {
        if (auto checked = check_foreign_kernel(cell->pinned); !checked) {
            return fail_within(checked.error(), (directory->path() / kCellFile).string());
        }
    }
    return std::move(cell).map([](Cell&& each) { return std::optional(std::move(each)); });
}

Result<std::optional<Record>> MatrixDirectory::finished(const std::string& id) const {
    return cells_.has(id) ? cells_.below(id).and_then(finished_record) : std::nullopt;
}

Result<Fd> MatrixDirectory::new_log(const std::string& id) const {
    return cells_.below(id).and_then([](const Directory& directory) { return directory.create(kCellLog); });
}

std::string MatrixDirectory::log(const std::string& id) const {
    constexpr std::size_t kEnough = 4096;
    return cells_.below(id)
        .and_then([](const Directory& directory) { return directory.read_end(kCellLog, kLargestLog, kEnough); })
        .value_or("");
}

Status MatrixDirectory::clear_attempt(const std::string& id) const {
    if (!cells_.has(id)) {
        return {};
    }
    const auto directory = cells_.below(id);
    if (!directory) {
        return fail(directory.error());
    }
    for (const auto& file : files::kOfARun) {
        if (auto removed = directory->remove(file.name); !removed) {
            return removed;
        }
    }
    return directory->remove(kCellLog);
}

Result<Cell> read_cell(const Directory& directory) {
    if (!directory.has(kCellFile)) {
        return fail(Error(Fault::usage, fmt::format("{} holds no {}", directory.path().string(), kCellFile))
                        .hint("name a directory below cells/ that `blkhang matrix` made"));
    }
    const auto text = directory.read(kCellFile, kLargestCell);
    return text ? decode_cell(*text).map_error(
                      [&](Error error) { return std::move(error).within((directory.path() / kCellFile).string()); })
                : fail(text.error());
}

Result<std::optional<Record>> finished_record(const Directory& directory) {
    if (!directory.has(files::kRecord)) {
        return std::nullopt;
    }
    auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    if (record->run.ended == Ended::interrupted) {
        return std::nullopt;
    }
    return std::optional(std::move(*record));
}

}  // namespace blkhang
