// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// A kind of file of ours.
struct FileKind {
    std::string_view name;    ///< "record", in words
    std::string_view schema;  ///< "blkhang-record/1": what this blkhang writes and reads
    std::string_view remake;  ///< what to do about one that is too old, such as "run the profile again"
};

/// Is this a file of that kind and version? Tells foreign files from ours of other versions. Fault::usage.
Status check_schema(const nlohmann::ordered_json& json, const FileKind& kind);

}  // namespace blkhang
