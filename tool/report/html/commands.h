// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace blkhang {

/// What to type to see it again.
struct CommandToTry {
    std::string purpose, command;
};
std::vector<CommandToTry> commands_to_reproduce(const Record& record);

}  // namespace blkhang
