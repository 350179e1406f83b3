// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// One observation as one line of JSON, without the newline; member "t" names its type. This is what travels out of a
/// guest and what events.ndjson holds.
std::string encode(const Observation& observation);

/// The reverse. A damaged line is an error that says which member is wrong; members it does not know are ignored.
Result<Observation> decode(std::string_view line);

/// The type that an observation has on the wire.
std::string_view type_of(const Observation& observation);
/// The type that a line says it has, as far as that can be seen without decoding it; empty where it cannot.
std::string_view type_of(std::string_view line);

}  // namespace blkhang
