// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_attempt.h"

#include <fmt/format.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/number.h"
#include "base/words.h"
#include "matrix/directory.h"
#include "matrix/node_stream.h"

namespace blkhang {

namespace fs = std::filesystem;

std::optional<int> exit_code_in(const fs::path& attempt) {
    const auto text = read_file(attempt / attempt_files::kExit);
    if (!text) {
        return std::nullopt;
    }
    return number_in<int>(stripped(*text));
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
    if (taken->exit_code && write_file(attempt / attempt_files::kExit, fmt::format("{}\n", *taken->exit_code))) {
        std::error_code ignored;
        fs::remove(attempt / attempt_files::kStream, ignored);
    }
    return {};
}

std::string cause_said_in(const fs::path& attempt) {
    constexpr std::size_t kLargest = std::size_t{1} << 20U;
    const auto lines = parts_of(read_file(attempt / attempt_files::kSaid, kLargest).value_or(""), '\n');
    return lines.empty() ? "" : stripped(lines.front());
}

}  // namespace blkhang
