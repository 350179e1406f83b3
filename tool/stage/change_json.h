// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stage/ledger.h"

namespace blkhang {

/// Bytes of a change as JSON, at most. The longest has a page in it, two digits for each byte.
inline constexpr std::size_t kLongestChange = std::size_t{32} << 10U;

/// A change as one line of JSON without a line end: {"kind":"swap","disk":"/dev/vdb"}. One that decode_change() would
/// not give back as it is, is an error: it could not be undone.
Result<std::string> encode_change(const MachineChange& change);

/// What encode_change() made of a change. It is read as root after a crash, so it is believed only if each member is
/// there, none is unknown, and each is what it may be: paths are absolute, with neither `.` nor `..`, names are names.
Result<MachineChange> decode_change(std::string_view json);

}  // namespace blkhang
