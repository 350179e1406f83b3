// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// What `dot -Tsvg` wrote, as an element to put into a page: shapes, their places and their classes, and nothing else
/// of it. Colours and fonts are left to the page's style sheet, which knows of light and dark. `name` and `description`
/// are for those who do not see it.
Result<std::string> embeddable_svg(std::string_view dot_output, std::string_view name, std::string_view description);

}  // namespace blkhang
