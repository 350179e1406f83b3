// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/kernel_spec.h"

namespace blkhang {

/// Of whatever may be given a deadline.
inline constexpr std::chrono::seconds kShortestDeadline{1};

/// What a matrix is asked to be: kernels x profiles x plants x repeats.
struct MatrixRequest {
    std::vector<std::string> kernels;              ///< KERNEL[,plant=NAME]; such a kernel is not combined with `plants`
    std::vector<std::string> profiles;             ///< names of shipped ones, or paths
    std::vector<std::string> plants;               ///< names, or "none"; empty: none
    std::vector<std::string> sets;                 ///< KEY=VALUE, for all profiles
    std::optional<std::string> duration;           ///< of the load in every run; nothing: what each profile says
    std::uint32_t repeat = 1;                      ///< runs of each combination
    std::uint32_t jobs = 1;                        ///< guests at once
    bool calibrate = false;                        ///< accompany stock kernels by planted ones
    std::string before, after;                     ///< instead of `kernels`: the two sides of a change; both or neither
    bool on_nodes = false;                         ///< each load on the node itself: see matrix/NODES.md
    std::optional<std::chrono::seconds> deadline;  ///< for a cell; nothing: what its profile may take at most
};

/// The KERNEL[,plant=NAME] of all cells, whichever way they were asked for.
std::vector<std::string> kernels_of(const MatrixRequest& request);

/// These instead of the ones that there are; also instead of the duration, if they speak of that.
void replace_sets(MatrixRequest& request, std::vector<std::string> sets);
/// What all profiles are changed by: `sets`, then what `duration` stands for.
std::vector<std::string> changes_of(const MatrixRequest& request);

/// Everything that can be wrong without looking at any kernel: an empty list, an unknown plant, a spec that does not
/// parse, a number that parse_request() would not read back. Fault::usage.
Status check_request(const MatrixRequest& request);

/// Reads a matrix file; what it leaves out keeps its default. Fault::usage; problems are named with line and column.
Result<MatrixRequest> parse_request(std::string_view toml, std::string_view file_name);
/// parse_request() reads the same request back.
std::string to_toml(const MatrixRequest& request);

}  // namespace blkhang
