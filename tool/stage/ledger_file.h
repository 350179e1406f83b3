// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.h"
#include "base/result.h"
#include "stage/ledger.h"
#include "stage/roots.h"

/// A ledger is a file of lines, each with a checksum and a number:
///
///     51c5fd36 0 {"schema":"blkhang-ledger/1","boot":"...","started":"2026-11-22T20:00:00Z","pid":4711}
///     1f7a9b0c 1 {"kind":"swap","disk":"/dev/vdb"}
///
/// The checksum is the CRC-32 (that of zlib) of all behind the blank after it; line 0 says whose ledger it is. Lines
/// are only added, each with one write(2), and the change is made when it is on the disk. So only the last line can be
/// torn, and its change was not made.
namespace blkhang {

/// Where ledgers are kept, by default.
inline constexpr const char* kLedgerDirectory = "/var/lib/blkhang";
inline constexpr std::string_view kLedgerSuffix = ".ledger";
/// Bytes of a ledger, at most: thousands of changes.
inline constexpr std::size_t kLargestLedger = std::size_t{64} << 20U;

/// Whose ledger it is.
struct LedgerHead {
    std::string boot;     ///< as /proc/sys/kernel/random/boot_id has it
    std::string started;  ///< UTC, ISO 8601
    pid_t pid = 0;        ///< of the run
};
/// Of this process, now.
Result<LedgerHead> ledger_head(const Roots& roots);

/// A line with its end.
std::string ledger_line(std::uint64_t number, std::string_view json);
std::string ledger_head_line(const LedgerHead& head);

/// What a run has left behind, or one that still goes on.
struct LedgerContent {
    std::string name;  ///< of the file
    LedgerHead head;   ///< its boot is empty if the first line is damaged
    std::vector<MachineChange> changes;
    std::vector<std::string> damage;  ///< what cannot be read of it, in words; not a last line that is torn
};

/// The directory, made if need be (0700). It is refused if others than its owner can write to it, or its owner is
/// neither this user nor root: what is in it is believed.
Result<Directory> open_ledger_directory(const std::filesystem::path& directory);

/// Names of the ledgers in there, the newest first.
Result<std::vector<std::string>> ledger_names(const Directory& directory);

Result<LedgerContent> read_ledger(const Directory& directory, const std::string& name);

}  // namespace blkhang
