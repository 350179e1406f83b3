// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "diagnose/diagnosis.h"
#include "report/words/templates.h"

namespace blkhang {

/// A diagnosis as a page by itself, by the template diagnosis.html.mustache: nothing in it is fetched or runs.
Result<std::string> page_of(const Diagnosis& diagnosis, const std::vector<std::string>& sources,
                            const Templates& templates);

}  // namespace blkhang
