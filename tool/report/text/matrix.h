// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "record/matrix.h"
#include "record/tally.h"
#include "report/text/record.h"

namespace blkhang {

/// Companions, and what has a bug planted that must hang, are there to hang, so that is nothing to look at; what did
/// not come to a verdict is, even beside a hang.
bool needs_attention(const Tally& tally);

/// One cell of the table, plain: "hang 7/10 35-93%" (verdict, failed of those that said something, 95% interval),
/// "clean 0/10 <=26%" (95% upper bound), "hang 4/4 40-100%, 1 error" (beside it, one run that said nothing), "error x2"
/// (two runs, of which none said anything).
std::string cell_text(const Tally& tally);

/// How much was run, and what it came to: "2 kernels, 14 of 15 runs: 1 hang, 1 error, 9 clean; with a bug planted: 3
/// hang". Of what was asked for: companions that calibrate are no part of that.
std::string extent_of(const Matrix& matrix);

/// A matrix as people read it on a terminal: the worst verdict first, then kernels by profiles, then what needs
/// attention and why. The table is broken into blocks of `options.columns`, unless a single column is wider.
std::string render_matrix(const Matrix& matrix, const TextOptions& options = {});

}  // namespace blkhang
