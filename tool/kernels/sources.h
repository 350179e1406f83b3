// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace blkhang {

/// The source file that a kernel function of this family lies in; empty for any other.
std::string_view source_of(std::string_view function);

}  // namespace blkhang
