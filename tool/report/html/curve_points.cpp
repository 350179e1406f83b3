// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/curve_points.h"

#include <algorithm>

namespace blkhang {

std::vector<CurvePoint> thinned(const std::vector<CurvePoint>& points, std::size_t stretches) {
    constexpr std::size_t kPerStretch = 2;
    if (points.size() <= kPerStretch * stretches + 2 || stretches == 0) {
        return points;
    }
    const double start = points.front().at;
    const double length = (points.back().at - start) / static_cast<double>(stretches);
    const auto stretch_of = [&](const CurvePoint& point) {
        const double stretch = length > 0 ? (point.at - start) / length : 0;
        return static_cast<std::size_t>(std::clamp(stretch, 0.0, static_cast<double>(stretches - 1)));
    };
    const auto is_lower = [](const CurvePoint& a, const CurvePoint& b) { return a.value < b.value; };
    std::vector<CurvePoint> kept{points.front()};
    for (auto first = points.begin() + 1; first != points.end() - 1;) {
        const auto stretch = stretch_of(*first);
        const auto last =
            std::find_if(first, points.end() - 1, [&](const auto& point) { return stretch_of(point) != stretch; });
        const auto [lowest, highest] = std::minmax_element(first, last, is_lower);
        kept.push_back(*std::min(lowest, highest));
        if (lowest != highest) {
            kept.push_back(*std::max(lowest, highest));
        }
        first = last;
    }
    kept.push_back(points.back());
    return kept;
}

}  // namespace blkhang
