// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "report/compare/compare.h"

namespace blkhang {

/// A change in a word or two, as a cell of a table has room for.
struct News {
    std::string_view words;  ///< empty for what is no news
    std::string_view tone;   ///< "bad", "good" or "open"
};

/// A fix is one of the kernel only if nothing else of the comparison was another: else it is put as a question.
News news_of(Change change, const Comparison& comparison);

}  // namespace blkhang
