// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "judge/observation.h"
#include "machine/facts.h"

namespace blkhang {

/// One line of what `check` shows.
struct CheckRow {
    enum class State {
        ok,
        note,     ///< worth knowing, runs go on
        risk,     ///< this host can hang by it
        missing,  ///< `run --guest` cannot work without it
    };
    std::string what;
    State state;
    std::string detail;
    std::string fix;  ///< what the user can do; empty when nothing needs doing
};

/// What these facts mean for runs in guests.
std::vector<CheckRow> host_rows(const HostFacts& facts);
/// How the kernel that runs here could be watched. Guests bring their own, so nothing is `missing` for that.
std::vector<CheckRow> tier_rows(const Result<seen::Tier>& tier);
/// No row says `missing`.
bool ready(const std::vector<CheckRow>& rows);

std::string table_text(const std::vector<CheckRow>& rows, bool colour);
nlohmann::ordered_json host_json(const HostFacts& facts);
nlohmann::ordered_json tier_json(const Result<seen::Tier>& tier);

}  // namespace blkhang
