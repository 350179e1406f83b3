// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace blkhang {

/// What was asked of the kernel that led a task into this function, in words that go on with the disk: "writing
/// queue/scheduler". Empty for a function that is no such entry. The name is without a compiler's suffix.
std::string_view request_in(std::string_view function);

}  // namespace blkhang
