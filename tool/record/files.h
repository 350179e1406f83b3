// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <span>

#include "base/limits.h"

/// The files of a record directory, and of that of a matrix.
namespace blkhang::files {

inline constexpr const char* kRecord = "record.json";
inline constexpr const char* kEvents = "events.ndjson";
inline constexpr const char* kConsole = "console.log";
inline constexpr const char* kKmsg = "kmsg.log";
inline constexpr const char* kProfile = "profile.toml";
/// The .config that the kernel was built with, where the kernel, its package or its tree has one.
inline constexpr const char* kKernelConfig = "kernel.config";
/// What a file may hold in bytes: what base/limits.h leaves a run of each kind of evidence, and what people write by
/// hand. Loads of up to a day stay below what the quotas leave to one of this length: a minute has some 300 KiB of
/// events.
inline constexpr std::chrono::hours kLongestLoad{4};
inline constexpr std::size_t kLargestEvents = limits::bytes_of_events(kLongestLoad);
inline constexpr std::size_t kLargestConsole = limits::kConsole;
inline constexpr std::size_t kLargestKmsg = limits::quota_of("kmsg").bytes * limits::growth(kLongestLoad);
inline constexpr std::size_t kLargestRecord = std::size_t{16} << 20U;
inline constexpr std::size_t kLargestText = std::size_t{1} << 20U;
inline constexpr std::size_t kLargestKernelConfig = kLargestText;  // Debian's have 300 KiB

/// A file, and what it may hold.
struct File {
    const char* name;
    std::size_t largest;  ///< bytes
};
/// All that a run leaves. The record comes last: whoever copies in this order leaves none without what it rests on.
inline constexpr auto kOfARun = std::to_array<File>({{kEvents, kLargestEvents},
                                                     {kConsole, kLargestConsole},
                                                     {kKmsg, kLargestKmsg},
                                                     {kProfile, kLargestText},
                                                     {kKernelConfig, kLargestKernelConfig},
                                                     {kRecord, kLargestRecord}});
/// The same without the record.
inline constexpr std::span<const File> kBesideTheRecord = std::span(kOfARun).first(kOfARun.size() - 1);

inline constexpr const char* kHtml = "report.html";  ///< no run writes it; linked to where somebody made it

inline constexpr const char* kMatrix = "matrix.json";
inline constexpr std::size_t kLargestMatrix = std::size_t{64} << 20U;
inline constexpr const char* kMatrixRequest = "matrix.toml";
inline constexpr const char* kCells = "cells";  ///< a record directory for each, by the cell's id

}  // namespace blkhang::files
