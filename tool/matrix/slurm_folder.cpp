// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_folder.h"

#include <fmt/format.h>

#include <set>
#include <system_error>

#include "base/directory.h"
#include "base/file.h"
#include "base/number.h"
#include "base/replace.h"
#include "base/words.h"
#include "matrix/slurm_attempt.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestList = std::size_t{64} << 20U;
constexpr std::size_t kLargestProgram = std::size_t{1} << 30U;
constexpr std::uint32_t kLastArray = 1'000'000'000;
constexpr std::size_t kMostTasks = 1'000'000;  // of all arrays: what is handed on again stands in one more each time
constexpr const char* kBelow = "slurm";
constexpr const char* kAttempts = "attempts";
constexpr const char* kProgram = "blkhang";

/// An earlier one is exchanged, for tasks of somebody who submitted before us may be running it.
Status put_program(const Directory& folder) {
    const auto program = read_file("/proc/self/exe", kLargestProgram);
    return program ? replace_at(folder.descriptor(), kProgram, *program, {.mode = 0755}) : fail(program.error());
}

std::set<std::uint32_t> numbers_in(const fs::path& folder) {
    std::set<std::uint32_t> numbers;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        const auto number = number_in<std::uint32_t>(entry.path().filename().string());
        if (number && *number < kLastArray) {
            numbers.insert(*number);
        }
    }
    return numbers;
}

}  // namespace

Result<SlurmFolder> SlurmFolder::open(const fs::path& matrix) {
    const auto folder = Directory::open(matrix).and_then([](const Directory& each) { return each.make_below(kBelow); });
    const auto attempts = folder.and_then([](const Directory& each) { return each.make_below(kAttempts); });
    if (!attempts) {
        return fail(attempts.error());
    }
    if (auto put = put_program(*folder); !put) {
        return fail_within(put.error(), (folder->path() / kProgram).string());
    }
    return SlurmFolder(matrix / kBelow);
}

fs::path SlurmFolder::program() const { return path_ / kProgram; }

fs::path SlurmFolder::attempt(const slurm::Task& task) const {
    return path_ / kAttempts / fmt::format("{}-{}", task.comment, task.index);
}

Result<std::map<std::string, std::vector<slurm::Task>>> SlurmFolder::tasks_before_us() {
    const auto folder = Directory::open(path_);
    if (!folder) {
        return fail(folder.error());
    }
    std::map<std::string, std::vector<slurm::Task>> tasks;
    std::size_t count = 0;
    for (const std::uint32_t number : numbers_in(path_)) {
        next_array_ = number + 1;
        const std::string array = std::to_string(number);
        const auto ids = folder->read(array, kLargestList);
        if (!ids) {
            return fail(ids.error());
        }
        std::uint32_t index = 0;
        for (const std::string& id : parts_of(*ids, '\n')) {
            const slurm::Task task{array, index++};
            if (auto fit = check_attempt(attempt(task)); !fit) {
                return fail(fit.error());
            }
            if (++count > kMostTasks) {
                return fail(Fault::usage, fmt::format("{}: more than {} tasks", path_.string(), kMostTasks));
            }
            tasks[id].push_back(task);
        }
    }
    return tasks;
}

std::string SlurmFolder::new_array() { return std::to_string(next_array_++); }

Status SlurmFolder::write_list(const std::string& array, const std::vector<std::string>& ids) const {
    std::string lines;
    for (const std::string& id : ids) {
        lines += id + "\n";
    }
    return write_file(path_ / array, lines);
}

void SlurmFolder::drop(const std::string& array, std::uint32_t tasks) const {
    std::error_code ignored;
    fs::remove(path_ / array, ignored);
    for (std::uint32_t index = 0; index < tasks; ++index) {
        fs::remove_all(attempt({array, index}), ignored);
    }
}

}  // namespace blkhang
