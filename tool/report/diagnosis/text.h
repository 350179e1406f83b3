// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "diagnose/diagnosis.h"
#include "report/text/record.h"

namespace blkhang {

/// A diagnosis as people read it on a terminal: the answer first, then why, the circle, what is known of the hang, and
/// what to capture next time. `sources` are the names of what was read.
std::string render_diagnosis(const Diagnosis& diagnosis, const std::vector<std::string>& sources,
                             const TextOptions& options = {});

/// The same for programs: indented JSON that ends in a newline, `"schema": "blkhang-diagnosis/1"`.
std::string encode(const Diagnosis& diagnosis, const std::vector<std::string>& sources);

}  // namespace blkhang
