// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "host/facts.h"

namespace blkhang {

/// One line of what `check` shows.
struct CheckRow {
    enum class State {
        ok,
        note,     ///< worth knowing, runs go on
        missing,  ///< `run --guest` cannot work without it
    };
    std::string what;
    State state;
    std::string detail;
    std::string fix;  ///< what the user can do; empty when nothing needs doing
};

/// What these facts mean for runs in guests.
std::vector<CheckRow> host_rows(const HostFacts& facts);
/// No row says `missing`.
bool ready(const std::vector<CheckRow>& rows);

std::string table_text(const std::vector<CheckRow>& rows, bool colour);
nlohmann::ordered_json host_json(const HostFacts& facts);

}  // namespace blkhang
