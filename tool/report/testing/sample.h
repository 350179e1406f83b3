// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "record/record.h"

namespace blkhang {

/// For tests: a record of reports/samples, which are of real runs. Throws (and so fails the test) when there is none.
inline Record sample(std::string_view name) {
    const auto path = std::filesystem::path(BLKHANG_SOURCE_DIR) / "reports/samples" / name / "record.json";
    return decode_record(read_file(path).value()).value();
}

}  // namespace blkhang
