// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness.h"
#include "record/record.h"

/// Seeds that several harnesses share, and what they are for.
namespace blkhang::fuzz {

/// A harness of whatever is made from a record: `use` gets each that is accepted, with the text that it was read from.
Harness for_records(std::string_view name, std::function<void(Record record, std::string_view text)> use);

/// record.json of every kind of run, with so little in each that thousands fit into a second.
std::vector<std::string> sample_records();
/// matrix.json of a few runs, and of none.
std::vector<std::string> sample_matrices();
/// Streams of events: those of the samples and tests in pieces, and those of simulated machines.
std::vector<std::string> sample_streams(std::size_t longest);

}  // namespace blkhang::fuzz
