// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "record/measurements.h"

namespace blkhang {

/// Profiles by kernels, in each cell the runs of every verdict there was, worst first; under it the kernels' exact
/// versions. Every line ends in a newline.
std::string render_measurements(const std::vector<Measurement>& measurements);

}  // namespace blkhang
