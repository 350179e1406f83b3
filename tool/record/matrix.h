// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.h"
#include "base/file.h"
#include "base/result.h"
#include "judge/judge.h"
#include "record/record.h"
#include "record/settings.h"

namespace blkhang {

/// What a cell is about; repeats share it.
struct Subject {
    std::string kernel;   ///< as asked for, e.g. "deb:6.1"
    std::string profile;  ///< its name
    std::string plant;    ///< empty for none
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 that it implies for one of ours
    auto operator<=>(const Subject&) const = default;
};
/// The bug that is planted to show that the tool would see one, where the profile names no other.
inline constexpr const char* kCalibrationPlant = "sync-alloc";
/// Is it a bug that must hang, rather than a control that must not?
bool must_hang(std::string_view plant);

/// "deb:6.1 kvm-2011 with sync-alloc planted".
std::string describe(const Subject& subject);

/// The blkhang that made a run, or a matrix.
struct ToolVersion {
    std::string version, commit;
};

/// Of a cell's id, which is a path_name: longer than other names since it is made of several.
inline constexpr std::size_t kLongestCellId = 240;

/// One run of a matrix, and what came of it.
struct CellResult {
    std::string id;  ///< names its directory below cells/, which holds the record if there is one
    Subject subject;
    std::uint32_t repeat = 1;
    bool calibration = false;  ///< a companion of the cells asked for: shows whether a planted bug would be seen
    /// What its profile is calibrated with; older matrices do not say: kCalibrationPlant.
    std::optional<std::string> calibrated_by = {};
    std::string label;        ///< the kernel as resolved, with the exact package version where there is one
    std::string release;      ///< uname -r; empty when the kernel never said
    std::string accelerator;  ///< "kvm", "tcg"; empty when no guest got so far
    Verdict verdict = Verdict::error;
    std::vector<std::string> reasons;  ///< never empty
    std::uint64_t trials = 0;
    std::string started;                        ///< UTC, ISO 8601
    double total_s = 0;                         ///< whole cell: fetching, booting, load, evidence
    double load_s = 0;                          ///< the load phase alone
    std::map<std::string, std::uint64_t> load;  ///< of the record
    // These are absent from older matrices, and where there is no record.
    std::optional<std::string> tier;            ///< that watched; absent also if none did
    std::optional<std::string> profile_digest;  ///< of its settings
    std::optional<ToolVersion> tool;
};
/// What a record says of its run. The subject's kernel is the spec that the record was asked for; the id is empty.
CellResult result_of(const Record& record);

/// What a matrix leaves behind, as in matrix.json (`reports/matrix.schema.json`).
struct Matrix {
    std::string started, ended;  ///< UTC, ISO 8601
    std::uint32_t planned = 0;   ///< cells; fewer results mean that it was cut short
    std::uint32_t jobs = 1;
    bool calibrate = false;
    std::vector<CellResult> cells;  ///< in the order of the plan
    ToolVersion tool;
    std::map<std::string, Settings> profiles;  ///< as resolved, by digest; older matrices have none
};
/// "0.1.0 (3f2c9d1a7be4)".
std::string in_words(const ToolVersion& tool);
std::string tool_of(const Matrix& matrix);
/// A matrix of that one run.
Matrix matrix_of(const Record& record);

inline constexpr std::string_view kMatrixSchema = "blkhang-matrix/1";

/// Indented JSON that ends in a newline. Beside the members of Matrix it holds `verdict` and `groups`, made from the
/// cells: for readers; decode_matrix() makes them anew.
std::string encode(const Matrix& matrix);
/// The same in pieces.
Status encode(const Matrix& matrix, const TakesPiece& take);
/// The error says which member is wrong, or that another version of blkhang made it.
Result<Matrix> decode_matrix(std::string_view json);

/// Reads DIR/matrix.json.
Result<Matrix> read_matrix(const Directory& directory);

/// Is there a matrix, finished or cut short, rather than a record? Both in one directory is an error: nobody can tell
/// which of them is meant.
Result<bool> holds_matrix(const Directory& directory);
/// Reads whichever of the two DIR holds, a record as a matrix of one run.
Result<Matrix> read_runs(const Directory& directory);
/// The directory of a cell of DIR's matrix.
Result<Directory> cell_in(const Directory& matrix, const std::string& id);

}  // namespace blkhang
