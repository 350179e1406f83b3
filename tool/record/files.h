// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>

/// The files of a record directory, and of that of a matrix.
namespace blkhang::files {

inline constexpr const char* kRecord = "record.json";
inline constexpr const char* kEvents = "events.ndjson";
inline constexpr const char* kConsole = "console.log";
inline constexpr const char* kKmsg = "kmsg.log";
inline constexpr const char* kProfile = "profile.toml";
/// What a file may hold in bytes: the evidence of a run, and what people write by hand.
inline constexpr std::size_t kLargestEvidence = std::size_t{1} << 30U;
inline constexpr std::size_t kLargestText = std::size_t{1} << 20U;

inline constexpr const char* kHtml = "report.html";  ///< no run writes it; linked to where somebody made it

inline constexpr const char* kMatrix = "matrix.json";
inline constexpr const char* kMatrixRequest = "matrix.toml";
inline constexpr const char* kCells = "cells";  ///< a record directory for each, by the cell's id

}  // namespace blkhang::files
