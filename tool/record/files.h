// SPDX-License-Identifier: GPL-2.0-only
#pragma once

/// The files of a record directory.
namespace blkhang::files {

inline constexpr const char* kRecord = "record.json";
inline constexpr const char* kEvents = "events.ndjson";
inline constexpr const char* kConsole = "console.log";
inline constexpr const char* kKmsg = "kmsg.log";
inline constexpr const char* kProfile = "profile.toml";

}  // namespace blkhang::files
