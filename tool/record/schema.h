// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "record/json.h"

namespace blkhang {

/// A kind of file of ours.
struct FileKind {
    std::string_view name;    ///< "record", in words
    std::string_view schema;  ///< "blkhang-record/1": what this blkhang writes and reads
    std::string_view remake;  ///< what to do about one that is too old, such as "run the profile again"
    std::string_view rescue;  ///< where else to look if one is damaged
};

/// The JSON in a file of that kind and version. An error that tells damage from foreign files, and those from ours of
/// other versions; its fault is usage. Costs no more than the text is worth, whatever the text is.
Result<Json> parse(std::string_view text, const FileKind& kind);

/// The error for what is JSON, yet not what such a file holds.
Error damaged(const FileKind& kind, std::string_view what);

}  // namespace blkhang
