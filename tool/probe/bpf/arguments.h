// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>

struct btf;

namespace blkhang {

/// Position of the tracepoint's first argument whose type is the typedef `type`, counted from 0 as programs see them;
/// nothing if the kernel has no such tracepoint or argument. Positions change between kernels, types do not.
std::optional<int> find_argument(const btf& kernel, const std::string& tracepoint, const std::string& type);

}  // namespace blkhang
