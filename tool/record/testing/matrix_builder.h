// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>

#include "record/matrix.h"

/// For tests: short ways to write down matrices.
namespace blkhang::build {

inline const Subject kStock{"deb:6.1", "kvm-2011", ""};
inline const Subject kPlanted{"deb:6.1", "kvm-2011", "sync-alloc"};
inline const Subject kOld{"tree:old", "kvm-2011", ""};
inline const Subject kNew{"tree:new", "kvm-2011", ""};

inline CellResult cell(Subject subject, Verdict verdict, std::string reason = "for a reason") {
    CellResult result;
    result.subject = std::move(subject);
    result.label = result.subject.kernel + " (linux-image-cloud-amd64 6.1.192-2)";
    result.release = "6.1.0-52-cloud-amd64";
    result.accelerator = "tcg";
    result.verdict = verdict;
    result.reasons = {std::move(reason)};
    result.trials = 50;
    result.started = "2026-11-22T20:00:00Z";
    result.total_s = 52.5;
    result.load_s = 40;
    result.tier = "fentry";
    result.profile_digest = "5ca1ab1e";
    result.load = {{"bytes_written", 1000}, {"stat_bytes", 990}};
    return result;
}

inline Matrix& add(Matrix& matrix, CellResult cell) {
    cell.id = fmt::format("cell-{}", matrix.cells.size());
    cell.repeat = static_cast<std::uint32_t>(matrix.cells.size()) + 1;
    matrix.cells.push_back(std::move(cell));
    ++matrix.planned;
    return matrix;
}

/// So many runs of the subject, the failed ones first.
inline Matrix runs(const Subject& subject, std::uint32_t failed, std::uint32_t passed) {
    Matrix matrix;
    matrix.started = "2026-11-22T20:00:00Z";
    matrix.ended = "2026-11-22T20:30:00Z";
    matrix.tool = {"0.1.0", "3f2c9d1a7be4"};
    for (std::uint32_t i = 0; i < failed; ++i) {
        add(matrix, cell(subject, Verdict::hang,
                         fmt::format("member[{}] waits for pcpu_alloc_mutex, which it owns itself", 100 + i)));
    }
    for (std::uint32_t i = 0; i < passed; ++i) {
        add(matrix, cell(subject, Verdict::clean, "50 trials; coverage met"));
    }
    return matrix;
}

/// So many kernels, each with a profile that no other has.
inline Matrix diagonal(std::size_t size) {
    Matrix matrix;
    for (std::size_t i = 0; i < size; ++i) {
        add(matrix, cell({fmt::format("deb:{}", i), fmt::format("p{}", i), ""}, Verdict::clean));
    }
    return matrix;
}

}  // namespace blkhang::build
