// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "run/evidence_sink.h"
#include "stage/host_site.h"

namespace blkhang {

/// What its user lets a run do to the host that it is started on.
struct HostConsent {
    bool accepts_freeze = false;      ///< somebody else may be hit, or nothing resets the machine
    bool global_pressure = false;     ///< all of the host may come to swap
    std::vector<std::string> beside;  ///< virtual machines that may run meanwhile, by name or pid
};

/// What a run on this host is asked to be.
struct HostRunRequest {
    Profile profile;  ///< as written, for a guest: see scaled()
    HostDisks disks;
    HostConsent consent;
    std::filesystem::path guest_image;  ///< that virtual machines of the load boot; empty: a kernel or a boot sector
    std::uint64_t memory_budget = 0;    ///< bytes that the load may take; 0: as much as there is
    std::filesystem::path directory;    ///< for the record
    std::filesystem::path ledger;       ///< the directory of ledgers
    std::optional<std::chrono::seconds> deadline = {};
    bool heal = false;  ///< processes of the load that are part of a proven hang may be killed, one after the other
    std::filesystem::path watchdog = {};        ///< that resets the host for a hang that stands; empty: none
    std::chrono::milliseconds give_up{30'000};  ///< for how long that has to stand after its proof
    std::filesystem::path journal = {};         ///< where `blkhang recover` finds the evidence; empty: in none
    /// What is about to happen to the host, or will not: a sentence, while the run goes on.
    std::function<void(const std::string&)> notice = [](const std::string& /*text*/) {};
    std::vector<std::string> evidence;  ///< further ways out for it, in words
    /// Opens those, in the process that watches.
    std::function<Result<std::vector<std::unique_ptr<EvidenceSink>>>()> more_evidence = {};
};

}  // namespace blkhang
