// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

#include "base/result.h"
#include "report/words/templates.h"

namespace blkhang {

/// Packs the record or matrix in `directory` into a FILE.tar.zst for others: what the runs left, a report, and a script
/// that makes them again. What tells whose machine it was is replaced in every file (scrub/pseudonyms.h), unless
/// `keep_identity`. The same directory gives the same bytes.
Status write_bundle(const std::filesystem::path& directory, const std::filesystem::path& file, bool keep_identity,
                    const Templates& templates);

}  // namespace blkhang
