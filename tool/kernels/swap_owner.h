// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace blkhang {

/// Does a bio that writes a page to swap belong to the control group of whoever submits it, in every hierarchy? Since
/// 0d3bd88d54f5 (4.19) it belongs to that of the page, where memory groups tell which that is.
bool swap_belongs_to_submitter(std::string_view release);

}  // namespace blkhang
