// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace blkhang {

/// "NAME <MAIL>" as git knows the user; empty when it does not, or there is no git.
std::string tester();

}  // namespace blkhang
