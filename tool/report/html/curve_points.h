// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <vector>

namespace blkhang {

struct CurvePoint {
    double at, value;
};

/// The same curve with at most two points for each of so many equal stretches of it, the lowest and the highest there,
/// so that no peak is lost; beside them the first and the last. Points are in order of time.
std::vector<CurvePoint> thinned(const std::vector<CurvePoint>& points, std::size_t stretches);

}  // namespace blkhang
