// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "report/compare/compare.h"

namespace blkhang {

/// Plain text of at most 75 columns (but for words that are longer), to be pasted into a reply on a kernel list: what
/// was run, how often it failed before and after, the proof, the price, what was not tested. Ends in a Tested-by of
/// `tester` ("NAME <MAIL>"; empty: a line to fill in) if the comparison justifies one, else says why there is none.
std::string mail_paragraph(const Comparison& comparison, const std::string& tester);

}  // namespace blkhang
