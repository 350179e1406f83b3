// SPDX-License-Identifier: GPL-2.0-only
#include "record/matrix.h"

#include <algorithm>
#include <set>

#include "base/path_name.h"
#include "base/shell.h"
#include "base/units.h"
#include "profile/plants.h"
#include "record/archive.h"
#include "record/files.h"
#include "record/schema.h"
#include "record/tally.h"

namespace blkhang {

template <class Archive, Of<Subject> T>
void fields(Archive& archive, T& subject) {
    archive("kernel", subject.kernel)("profile", subject.profile)("plant", subject.plant);
}
template <class Archive, Of<ToolVersion> T>
void fields(Archive& archive, T& tool) {
    archive("version", tool.version)("commit", tool.commit);
}
template <class Archive, Of<CellResult> T>
void fields(Archive& archive, T& cell) {
    archive("id", cell.id)("subject", cell.subject)("repeat", cell.repeat)("calibration", cell.calibration)(
        "calibrated_by", cell.calibrated_by)("label", cell.label)("release", cell.release)(
        "accelerator", cell.accelerator)("verdict", cell.verdict)("reasons", cell.reasons)("trials", cell.trials)(
        "started", cell.started)("total_s", cell.total_s)("load_s", cell.load_s)("load", cell.load)("tier", cell.tier)(
        "profile_digest", cell.profile_digest)("tool", cell.tool);
}
template <class Archive, Of<Matrix> T>
void fields(Archive& archive, T& matrix) {
    archive("started", matrix.started)("ended", matrix.ended)("planned", matrix.planned)("jobs", matrix.jobs)(
        "calibrate", matrix.calibrate)("cells", matrix.cells)("tool", matrix.tool);
}
template <class Archive, Of<FailureRate> T>
void fields(Archive& archive, T& rate) {
    archive("failed", rate.failed)("passed", rate.passed)("low", rate.low)("high", rate.high);
}
/// For readers of the file only: what is written is made anew from the cells, never read back.
template <class Archive>
void fields(Archive& archive, const Tally& tally) {
    std::map<std::string, std::uint32_t> verdicts;
    for (const auto& [verdict, count] : tally.verdicts) {
        verdicts.emplace(to_string(verdict), count);
    }
    archive("subject", tally.subject)("calibration", tally.calibration)("label", tally.label)("release", tally.release)(
        "verdict", tally.verdict)("reasons", tally.reasons)("verdicts", verdicts)("rate", tally.rate)(
        "trials", tally.trials)("calibrated", tally.calibrated);
}

namespace {

constexpr FileKind kMatrixFile{"matrix", kMatrixSchema, "run the matrix again to get a current one",
                               "the records of its runs are in the directories below cells/ beside it"};

/// What types and ranges alone do not say.
std::string inconsistency(const Matrix& matrix) {
    std::set<std::string_view> ids;
    for (std::size_t i = 0; i < matrix.cells.size(); ++i) {
        const CellResult& cell = matrix.cells[i];
        if (!cell.id.empty() && !is_path_name(cell.id, kLongestCellId)) {  // a record by itself has none
            return fmt::format("cells[{}].id: expected a name that can be part of a path", i);
        }
        if (!ids.insert(cell.id).second) {
            return fmt::format("cells[{}].id: there is another '{}'", i, cell.id);
        }
        if (cell.reasons.empty()) {
            return fmt::format("cells[{}].reasons: expected at least one", i);
        }
    }
    return matrix.cells.size() > matrix.planned ? "cells: there are more than were planned" : "";
}

std::string spec_of(const std::string& asked_for) { return asked_for.substr(0, asked_for.find(' ')); }

}  // namespace

bool must_hang(std::string_view plant) { return is_to_hang(plant); }

std::string describe(const Subject& subject) {
    const std::string planted = subject.plant.empty() ? "" : fmt::format(" with {} planted", subject.plant);
    return fmt::format("{} {}{}", subject.kernel, subject.profile, planted);
}

CellResult result_of(const Record& record) {
    CellResult result;
    result.subject = {spec_of(record.run.kernel), record.profile.name, record.plant};
    result.label = record.run.kernel;
    result.release = record.kernel.release;
    result.accelerator = record.run.accelerator;
    result.verdict = record.verdict.value;
    result.reasons = record.verdict.reasons;
    result.trials = record.trials;
    result.started = record.run.started.value_or("");
    result.total_s = record.run.total_s.value_or(0);
    const auto load = std::find_if(record.phases.begin(), record.phases.end(),
                                   [](const Record::Phase& phase) { return phase.name == seen::kLoadPhase; });
    result.load_s = load == record.phases.end() ? 0 : (load->end_ms - load->start_ms) / kMsPerS;
    result.load = record.load;
    if (!record.tier.used.empty()) {
        result.tier = record.tier.used;
    }
    result.profile_digest = record.profile.digest;
    result.tool = {record.tool.version, record.tool.commit};
    return result;
}

std::string in_words(const ToolVersion& tool) { return fmt::format("{} ({})", tool.version, tool.commit); }

std::string tool_of(const Matrix& matrix) { return in_words(matrix.tool); }

Matrix matrix_of(const Record& record) {
    Matrix matrix;
    matrix.cells.push_back(result_of(record));
    matrix.started = matrix.cells.front().started;
    matrix.planned = 1;
    matrix.tool = {record.tool.version, record.tool.commit};
    if (record.profile.digest && record.profile.settings) {
        matrix.profiles.emplace(*record.profile.digest, *record.profile.settings);
    }
    return matrix;
}

Status encode(const Matrix& matrix, const TakesPiece& take) {
    const auto tallies = tally(matrix);
    JsonPieces writer(take);
    writer("schema", std::string(kMatrixSchema));
    writer("verdict", overall(tallies));
    fields(writer, matrix);
    if (!matrix.profiles.empty()) {
        writer("profiles", matrix.profiles);
    }
    writer("groups", tallies);
    return writer.finish();
}

std::string encode(const Matrix& matrix) {
    return in_one_piece([&](const TakesPiece& take) { return encode(matrix, take); });
}

Result<Matrix> decode_matrix(std::string_view text) {
    const auto json = parse(text, kMatrixFile);
    if (!json) {
        return fail(json.error());
    }
    Matrix matrix;
    JsonReader reader(*json);
    fields(reader, matrix);
    std::optional<std::map<std::string, Settings>> profiles;
    reader("profiles", profiles);
    matrix.profiles = std::move(profiles).value_or(std::map<std::string, Settings>{});
    const std::string error = reader.error().empty() ? inconsistency(matrix) : reader.error();
    return error.empty() ? Result<Matrix>(std::move(matrix)) : fail(damaged(kMatrixFile, error));
}

Result<Matrix> read_matrix(const Directory& directory) {
    if (!directory.has(files::kMatrix)) {
        Error error(Fault::usage, fmt::format("{} holds no {}", directory.path().string(), files::kMatrix));
        if (directory.has(files::kMatrixRequest)) {
            return fail(std::move(error).hint(
                fmt::format("the matrix was cut short; finish it: blkhang matrix --resume --out {}",
                            shell_quoted(directory.path().string()))));
        }
        return fail(std::move(error).hint("name a directory that `blkhang matrix` wrote"));
    }
    const auto text = directory.read(files::kMatrix, files::kLargestMatrix);
    if (!text) {
        return fail(text.error());
    }
    return decode_matrix(*text).map_error([&](Error error) {
        return std::move(error).within(fmt::format("reading {}", (directory.path() / files::kMatrix).string()));
    });
}

Result<bool> holds_matrix(const Directory& directory) {
    const bool matrix = directory.has(files::kMatrix) || directory.has(files::kMatrixRequest);
    const bool record = directory.has(files::kRecord);
    const std::string path = directory.path().string();
    if (matrix && record) {
        return fail(Error(Fault::usage, fmt::format("{} holds a matrix and a record", path))
                        .hint("move one of them to a directory of its own"));
    }
    if (!matrix && !record) {
        return fail(Error(Fault::usage, fmt::format("{} holds neither {} nor {}", path, files::kRecord, files::kMatrix))
                        .hint(directory.has(files::kEvents)
                                  ? "the run was cut short; what it saw until then is in events.ndjson there"
                                  : "name a directory that `blkhang run` or `blkhang matrix` wrote"));
    }
    return matrix;
}

Result<Matrix> read_runs(const Directory& directory) {
    const auto matrix = holds_matrix(directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    return *matrix ? read_matrix(directory) : read_record(directory).map(matrix_of);
}

Result<Directory> cell_in(const Directory& matrix, const std::string& id) {
    return matrix.below(std::filesystem::path(files::kCells) / id);
}

}  // namespace blkhang
