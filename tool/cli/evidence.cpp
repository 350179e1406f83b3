// SPDX-License-Identifier: GPL-2.0-only
#include "cli/evidence.h"

#include <fmt/format.h>

#include <fstream>

#include "base/file.h"
#include "profile/profile_toml.h"
#include "record/files.h"
#include "report/export_text.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Of a file of any size; empty if there is none.
std::string end_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const auto size = static_cast<std::streamoff>(file.tellg());
    if (!file || size <= 0) {
        return {};
    }
    // One byte more tells whether the cut is at the beginning of a line.
    std::string text(std::min<std::size_t>(static_cast<std::size_t>(size), kLogTail + 1), '\0');
    file.seekg(size - static_cast<std::streamoff>(text.size()));
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return std::string(tail(text, kLogTail));
}

/// The console has what the kernel said when nobody was left to read its log.
std::string kernel_log(const fs::path& directory) {
    std::string console = end_of(directory / files::kConsole);
    return console.empty() ? end_of(directory / files::kKmsg) : console;
}

Evidence evidence_of(const CellResult& cell, const fs::path& directory) {
    Evidence evidence;
    evidence.log = kernel_log(directory);
    std::error_code ignored;
    if (!fs::exists(directory / files::kRecord, ignored)) {
        return evidence;
    }
    auto record = read_record(directory);
    if (!record) {
        evidence.problem = record.error().message();
    } else if (record->verdict.value != cell.verdict) {
        evidence.problem = fmt::format("the record in {} is of another run: it says {}", directory.string(),
                                       to_string(record->verdict.value));
    } else {
        evidence.record = std::move(*record);
    }
    return evidence;
}

}  // namespace

Result<TestResults> read_test_results(const fs::path& directory) {
    const auto is_matrix = holds_matrix(directory);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    if (!*is_matrix) {
        return read_record(directory).map(
            [&](const Record& record) { return test_results(record, kernel_log(directory)); });
    }
    const auto matrix = read_matrix(directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    std::vector<Evidence> evidence;
    evidence.reserve(matrix->cells.size());
    for (const CellResult& cell : matrix->cells) {
        evidence.push_back(evidence_of(cell, directory / files::kCells / cell.id));
    }
    return test_results(*matrix, std::move(evidence));
}

std::optional<Profile> profile_in(const std::filesystem::path& directory) {
    const auto text = read_file(directory / files::kProfile);
    auto profile = text ? parse_profile(*text, files::kProfile) : fail(text.error());
    return profile ? std::optional(std::move(*profile)) : std::nullopt;
}

}  // namespace blkhang
