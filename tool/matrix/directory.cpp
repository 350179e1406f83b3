// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/directory.h"

#include <fmt/format.h>

#include "base/file.h"
#include "record/files.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockFile = "lock";

}  // namespace

Result<FileLock> MatrixDirectory::lock(const fs::path& path) {
    auto lock = FileLock::acquire(path / kLockFile, Deadline::after(std::chrono::milliseconds(0)));
    if (!lock) {
        return fail(Error(Fault::usage, fmt::format("another blkhang is running a matrix in {}", path.string()))
                        .hint("wait for it, or name another directory with --out"));
    }
    return lock;
}

Result<MatrixDirectory> MatrixDirectory::create(const fs::path& path, const MatrixRequest& request) {
    std::error_code problem;
    fs::create_directories(path / files::kCells, problem);
    if (problem) {
        return fail(Error(Fault::usage, fmt::format("creating {}: {}", path.string(), problem.message()))
                        .hint("name a directory that can be written with --out"));
    }
    auto locked = lock(path);
    if (!locked) {
        return fail(locked.error());
    }
    if (fs::exists(path / files::kMatrixRequest)) {
        return fail(Error(Fault::usage, fmt::format("{} holds a matrix already", path.string()))
                        .hint("continue it with --resume, or name another directory with --out"));
    }
    if (auto written = replace_file(path / files::kMatrixRequest, to_toml(request)); !written) {
        return fail(written.error());
    }
    return MatrixDirectory(path, std::move(*locked), request);
}

Result<MatrixDirectory> MatrixDirectory::reopen(const fs::path& path) {
    if (!fs::exists(path / files::kMatrixRequest)) {
        return fail(Error(Fault::usage, fmt::format("{} holds no matrix to resume", path.string()))
                        .hint("start one without --resume"));
    }
    auto locked = lock(path);
    if (!locked) {
        return fail(locked.error());
    }
    auto text = read_file(path / files::kMatrixRequest);
    if (!text) {
        return fail(text.error());
    }
    auto request = parse_request(*text, (path / files::kMatrixRequest).string());
    if (!request) {
        return fail(request.error());
    }
    return MatrixDirectory(path, std::move(*locked), std::move(*request));
}

Status MatrixDirectory::add(const Cell& cell) const {
    const fs::path directory = cell_path(cell.id);
    if (fs::exists(directory / kCellFile)) {
        return {};
    }
    std::error_code problem;
    fs::create_directories(directory, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("creating {}", directory.string())));
    }
    return replace_file(directory / kCellFile, encode(cell));
}

Result<std::optional<Cell>> MatrixDirectory::cell(const std::string& id) const {
    if (!fs::exists(cell_path(id) / kCellFile)) {
        return std::nullopt;
    }
    auto cell = read_cell(cell_path(id));
    if (!cell) {
        return fail(std::move(cell.error()));
    }
    return std::optional(std::move(*cell));
}

Status MatrixDirectory::clear_attempt(const std::string& id) const {
    std::error_code problem;
    for (const char* name :
         {files::kRecord, files::kEvents, files::kConsole, files::kKmsg, files::kProfile, kCellLog}) {
        fs::remove(cell_path(id) / name, problem);
        if (problem) {
            return fail(
                Error::from_errno(problem.value(), fmt::format("removing {}", (cell_path(id) / name).string())));
        }
    }
    return {};
}

Result<Cell> read_cell(const fs::path& cell_path) {
    const fs::path file = cell_path / kCellFile;
    if (!fs::exists(file)) {
        return fail(Error(Fault::usage, fmt::format("{} holds no {}", cell_path.string(), kCellFile))
                        .hint("name a directory below cells/ that `blkhang matrix` made"));
    }
    return read_file(file).and_then(decode_cell).map_error([&](Error error) {
        return std::move(error).within(file.string());
    });
}

Result<std::optional<Record>> finished_record(const fs::path& cell_path) {
    if (!fs::exists(cell_path / files::kRecord)) {
        return std::nullopt;
    }
    auto record = read_record(cell_path);
    if (!record) {
        return fail(record.error());
    }
    if (record->run.ended == Ended::interrupted) {
        return std::nullopt;
    }
    return std::optional(std::move(*record));
}

}  // namespace blkhang
