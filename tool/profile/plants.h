// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// A planted bug that this program carries the source of (ci/plants), which says what is expected of it:
/// MODULE_INFO(blkhang_expect, "hang") or "clean".
struct Plant {
    std::string name;
    std::string expected;  ///< the verdict; empty where the source does not say it, which a test forbids
};

/// All there are, by name.
const std::vector<Plant>& plants();

/// Their names.
std::vector<std::string> plant_names();

/// Those that must hang, and those that must not: "a, b (must hang), c (must not)".
std::string plants_in_words();

/// Is it a bug that must hang, rather than a control that must not? One that is not known need not.
bool is_to_hang(std::string_view plant);

/// Is it one of them, or of the other words that may stand there? Fault::usage.
Status check_plant_name(std::string_view name, const std::vector<std::string>& others = {});

}  // namespace blkhang
