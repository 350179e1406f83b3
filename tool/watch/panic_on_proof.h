// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "machine/crash_keepers.h"
#include "machine/facts.h"
#include "watch/last_resort.h"

namespace blkhang {

/// Why this host would not come back from a panic, each a sentence; empty if it would.
std::vector<std::string> reasons_against_panic(const CrashKeepers& keepers);

/// Makes the kernel panic, so that pstore or kdump keeps what they only keep then: by SysRq's 'c', through a descriptor
/// that was opened before. /proc/sysrq-trigger heeds kernel.sysrq for no command.
class PanicOnProof final : public LastResort {
public:
    /// The error lists all that speaks against it.
    static Result<std::unique_ptr<PanicOnProof>> prepare(const HostRoots& roots = {});
    /// Says what little is kept here; empty if all is well.
    [[nodiscard]] const std::string& doubt() const { return doubt_; }

    [[nodiscard]] std::string what() const override { return "this host panics (--panic-on-proof)"; }
    Status begin() override;
    void rehearse() override;
    void cancel() override {}

private:
    PanicOnProof(Fd trigger, std::string doubt) : trigger_(std::move(trigger)), doubt_(std::move(doubt)) {}
    Fd trigger_;
    std::string doubt_;
};

}  // namespace blkhang
