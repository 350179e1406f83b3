// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "base/fd.h"

namespace blkhang {

/// A BPF per-CPU array: each element is a per-CPU allocation of `value_size` bytes on every possible CPU. Not valid if
/// the kernel refused; errno says why.
Fd create_percpu_array(std::uint32_t value_size, std::uint32_t entries);

}  // namespace blkhang
