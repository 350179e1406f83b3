// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "harness.h"

namespace blkhang::fuzz {

using Random = std::minstd_rand;
/// libFuzzer's own way to change a few bytes of a text.
using MutateBytes = std::function<std::string(std::string text)>;

/// Another input, made of this one by what its shape allows. The result may be longer than any limit.
std::string mutated(std::string_view input, Shape shape, Random& random, const MutateBytes& mutate_bytes);

}  // namespace blkhang::fuzz
