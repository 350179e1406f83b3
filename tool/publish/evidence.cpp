// SPDX-License-Identifier: GPL-2.0-only
#include "publish/evidence.h"

#include <fmt/format.h>

#include "profile/profile_toml.h"
#include "record/files.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Empty if there is none.
Result<std::string> end_of(const Directory& directory, const char* name, std::size_t largest) {
    if (!directory.has(name)) {
        return std::string();
    }
    // One byte more tells whether the cut is at the beginning of a line.
    return directory.read_end(name, largest, kLogTail + 1).map([](const std::string& text) {
        return std::string(tail(text, kLogTail));
    });
}

/// The console has what the kernel said when nobody was left to read its log.
Result<std::string> kernel_log(const Directory& directory) {
    auto console = end_of(directory, files::kConsole, files::kLargestConsole);
    return console && console->empty() ? end_of(directory, files::kKmsg, files::kLargestKmsg) : console;
}

Evidence evidence_of(const CellResult& cell, const Directory& matrix) {
    Evidence evidence;
    if (!matrix.has(fs::path(files::kCells) / cell.id)) {
        return evidence;
    }
    const auto directory = cell_in(matrix, cell.id);
    auto log = directory.and_then(kernel_log);
    if (!log) {
        evidence.problem = log.error().message();
        return evidence;
    }
    evidence.log = std::move(*log);
    if (!directory->has(files::kRecord)) {
        return evidence;
    }
    auto record = read_record(*directory);
    if (!record) {
        evidence.problem = record.error().message();
    } else if (record->verdict.value != cell.verdict) {
        evidence.problem = fmt::format("the record in {} is of another run: it says {}", directory->path().string(),
                                       to_string(record->verdict.value));
    } else {
        evidence.record = std::move(*record);
    }
    return evidence;
}

}  // namespace

Result<TestResults> read_test_results(const Directory& directory) {
    const auto is_matrix = holds_matrix(directory);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    if (!*is_matrix) {
        const auto record = read_record(directory);
        const auto log = kernel_log(directory);
        if (!record || !log) {
            return fail(record ? log.error() : record.error());
        }
        return test_results(*record, *log);
    }
    const auto matrix = read_matrix(directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    std::vector<Evidence> evidence;
    evidence.reserve(matrix->cells.size());
    for (const CellResult& cell : matrix->cells) {
        evidence.push_back(evidence_of(cell, directory));
    }
    return test_results(*matrix, std::move(evidence));
}

Result<Profile> profile_as_run(const Directory& directory) {
    if (!directory.has(files::kProfile)) {
        return fail(Fault::usage,
                    fmt::format("{}: there is no {}, as it was run with", directory.path().string(), files::kProfile));
    }
    const auto text = directory.read(files::kProfile, files::kLargestText);
    return text ? parse_profile(*text, (directory.path() / files::kProfile).string()) : fail(text.error());
}

std::string kernel_config_in(const Directory& directory) {
    return directory.has(files::kKernelConfig)
               ? directory.read(files::kKernelConfig, files::kLargestKernelConfig).value_or("")
               : "";
}

std::optional<Profile> profile_in(const Directory& directory) {
    auto profile = profile_as_run(directory);
    return profile ? std::optional(std::move(*profile)) : std::nullopt;
}

}  // namespace blkhang
