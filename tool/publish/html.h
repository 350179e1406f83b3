// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "report/words/templates.h"

namespace blkhang {

struct HtmlRequest {
    std::filesystem::path directory;                ///< of a record or a matrix
    std::optional<std::filesystem::path> output;    ///< where the page will be: links are relative to it
    std::optional<std::filesystem::path> baseline;  ///< of the matrix to compare with
};

/// The page, with all that belongs to it: reads what the run left, has the lock graph drawn.
Result<std::string> html_report(const HtmlRequest& request, const Templates& templates);

/// Of several matrices, or folders of them (publish/several.h). Without `output` links are relative to the current
/// directory.
Result<std::string> history_report(const std::vector<std::filesystem::path>& paths,
                                   const std::optional<std::filesystem::path>& output, const Templates& templates);

}  // namespace blkhang
