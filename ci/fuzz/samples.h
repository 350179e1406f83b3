// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

/// Seeds that several harnesses share.
namespace blkhang::fuzz {

/// record.json of every kind of run, with so little in each that thousands fit into a second.
std::vector<std::string> sample_records();
/// matrix.json of a few runs, and of none.
std::vector<std::string> sample_matrices();
/// Streams of events: those of the samples and tests in pieces, and those of simulated machines.
std::vector<std::string> sample_streams(std::size_t longest);

}  // namespace blkhang::fuzz
