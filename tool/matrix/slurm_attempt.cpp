// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_attempt.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/directory.h"
#include "base/number.h"
#include "base/path_name.h"
#include "base/words.h"
#include "matrix/directory.h"
#include "matrix/node_stream.h"
#include "matrix/slurm.h"
#include "matrix/slurm_scripts.h"
#include "record/files.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestExit = 16;  // bytes: a number and a newline
constexpr std::size_t kMostOfLog = std::size_t{1} << 20U;

Result<std::string> read_in(const fs::path& attempt, const char* name, std::size_t largest) {
    return Directory::open(attempt).and_then([&](const Directory& each) { return each.read(name, largest); });
}

/// One that no run writes so, such as a link, is left out: it may be a stranger's.
Status copy_if_there(const Directory& from, const Directory& to, const files::File& file) {
    if (!from.has(file.name)) {
        return {};
    }
    if (const auto size = from.size(file.name, file.largest); !size) {
        spdlog::warn("left out: {}", size.error().message());
        return {};
    }
    if (auto removed = to.remove(file.name); !removed) {
        return removed;
    }
    // By the kernel: it may be hundreds of MiB.
    const fs::path copy = to.path() / file.name;
    std::error_code failed;
    fs::copy_file(from.path() / file.name, copy, failed);
    return failed ? fail(Fault::broken, fmt::format("{}: {}", copy.string(), failed.message())) : Status{};
}

}  // namespace

Status check_attempt(const fs::path& attempt) {
    std::error_code none;
    return fs::is_symlink(fs::symlink_status(attempt, none))
               ? fail(Fault::usage, fmt::format("{} is a link, which may lead anywhere", attempt.string()))
               : Status{};
}

Status begin_attempt(const fs::path& attempt) {
    if (auto fit = check_attempt(attempt); !fit) {
        return fit;
    }
    std::error_code failed;
    // What is no directory stays, and is the reason then.
    if (fs::is_directory(attempt, failed)) {
        fs::remove_all(attempt, failed);
    }
    if (failed && failed != std::errc::no_such_file_or_directory) {
        return fail(Fault::broken, fmt::format("{}: {}", attempt.string(), failed.message()));
    }
    return Directory::open(attempt.parent_path())
        .and_then([&](const Directory& all) { return all.make_below(attempt.filename().string()); })
        .map([](const Directory&) {});
}

std::optional<int> exit_code_in(const fs::path& attempt) {
    const auto text = read_in(attempt, attempt_files::kExit, kLargestExit);
    const auto code = text ? number_in<int>(stripped(*text)) : std::nullopt;
    return code && *code >= 0 && *code <= 255 ? code : std::nullopt;
}

bool has_record(const fs::path& attempt) {
    const auto record = Directory::open(attempt).and_then(finished_record);
    return record && *record;
}

bool is_taken_in(const fs::path& attempt) {
    const auto lock = FileLock::try_acquire(attempt / attempt_files::kLock);
    return lock && !*lock;
}

std::string settle_stream(const fs::path& attempt) {
    if (!is_there(attempt / attempt_files::kStream) || exit_code_in(attempt)) {
        return {};
    }
    const auto taken = take_in(attempt / attempt_files::kStream, attempt);
    if (!taken) {
        return taken.error().message();
    }
    const auto directory = Directory::open(attempt);
    if (directory && taken->exit_code &&
        directory->replace(attempt_files::kExit, fmt::format("{}\n", *taken->exit_code))) {
        (void)directory->remove(attempt_files::kStream);
    }
    return {};
}

std::string begun_on(const fs::path& attempt) {
    std::string node = stripped(read_in(attempt, slurm::kBegunOn, slurm::kLongestNode + 1).value_or(""));
    return is_path_name(node, slurm::kLongestNode) ? node : "";
}

std::string cause_said_in(const fs::path& attempt) {
    const auto said = read_in(attempt, attempt_files::kSaid, attempt_files::kLargestSaid);
    const auto lines = parts_of(said.value_or(""), '\n');
    return lines.empty() ? "" : stripped(lines.front());
}

bool is_endless(const fs::path& attempt) {
    const auto directory = Directory::open(attempt);
    return directory && ((directory->has(attempt_files::kStream) &&
                          !directory->size(attempt_files::kStream, largest_node_stream())) ||
                         (directory->has(attempt_files::kSaid) &&
                          !directory->size(attempt_files::kSaid, attempt_files::kLargestSaid)));
}

Status publish_attempt(const fs::path& attempt, const fs::path& cell) {
    const auto from = Directory::open(attempt);
    const auto to = Directory::open(cell);
    if (!from || !to) {
        return fail(from ? to.error() : from.error());
    }
    for (const files::File& file : files::kBesideTheRecord) {
        if (auto copied = copy_if_there(*from, *to, file); !copied) {
            return copied;
        }
    }
    publish_log(attempt, cell);
    std::error_code failed;
    if (fs::rename(attempt / files::kRecord, cell / files::kRecord, failed); failed) {
        return fail(Fault::broken, fmt::format("{}: {}", (cell / files::kRecord).string(), failed.message()));
    }
    std::error_code ignored;
    fs::remove_all(attempt, ignored);
    return {};
}

void publish_log(const fs::path& attempt, const fs::path& cell) {
    if (const auto said = read_in(attempt, kCellLog, kMostOfLog)) {
        write_log(cell, *said);
    }
}

void write_log(const fs::path& cell, const std::string& text) {
    (void)Directory::open(cell).and_then([&](const Directory& each) { return each.replace_unflushed(kCellLog, text); });
}

}  // namespace blkhang
