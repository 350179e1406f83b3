// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/directory.h"
#include "base/fd.h"
#include "base/result.h"
#include "stage/ledger.h"
#include "stage/ledger_file.h"
#include "stage/ledger_lock.h"
#include "stage/roots.h"

namespace blkhang {

/// Keeps what it is told in a file (stage/ledger_file.h), which is on the disk when tell() returns: whatever becomes of
/// this process, `blkhang cleanup` undoes it. What goes out of scope without finish() leaves the file behind, as a
/// process that is killed does.
class KeptLedger final : public Ledger {
public:
    /// A new one. Fault::usage if another run goes on on this host, or one has left a ledger that was not cleaned up.
    static Result<std::unique_ptr<KeptLedger>> begin(const Roots& roots,
                                                     const std::filesystem::path& directory = kLedgerDirectory);

    Status tell(const MachineChange& change) override;
    void seal() override { is_sealed_ = true; }

    /// All that was told, to be undone (stage/undo.h) from the last to the first.
    [[nodiscard]] const std::vector<MachineChange>& changes() const { return changes_; }
    [[nodiscard]] std::filesystem::path path() const { return directory_.path() / name_; }

    /// All is undone: removes the file, and lets others have the host.
    Status finish();

private:
    KeptLedger(Directory directory, LedgerLock lock, std::string name, Fd file)
        : directory_(std::move(directory)), lock_(std::move(lock)), name_(std::move(name)), file_(std::move(file)) {}
    Status append(std::string_view line);

    Directory directory_;
    LedgerLock lock_;
    std::string name_;
    Fd file_;
    std::vector<MachineChange> changes_;
    std::int64_t size_ = 0;  ///< bytes that are whole lines
    bool is_sealed_ = false;
    bool is_torn_ = false;  ///< by a line that could be neither written nor taken back
};

}  // namespace blkhang
