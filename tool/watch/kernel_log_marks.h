// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "run/evidence_sink.h"

namespace blkhang {

/// Tells the kernel's log of a proof, and of what was done about it, in a line each: consoles, netconsole and pstore
/// take it from there. The file is opened for each line, since one that stays open gets ten lines in five seconds where
/// printk_devkmsg limits it, and the lines are of level 3, so that a quiet console shows them.
class KernelLogMarks final : public EvidenceSink {
public:
    explicit KernelLogMarks(std::filesystem::path kmsg = "/dev/kmsg") : kmsg_(std::move(kmsg)) {}

    void send(const Observation& observation) override;
    bool send_at_once(std::string_view /*short_proof*/) override { return false; }
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override;
    /// One line of our own. False if it could not be written.
    [[nodiscard]] bool mark(std::string_view text) const;

private:
    std::filesystem::path kmsg_;
};

}  // namespace blkhang
