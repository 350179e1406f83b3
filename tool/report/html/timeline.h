// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/record.h"
#include "record/run_series.h"

namespace blkhang {

/// A run over time, for drawing: curves below each other over one axis. Places on the axis are in percent of it.
struct Timeline {
    struct Phase {
        std::string name, length;  ///< the second in words
        double from, width;
        bool has_room;  ///< for its name
        bool is_load;
    };
    struct Tick {
        double at;
        std::string label;
    };
    struct Curve {
        std::string name;
        std::string summary;               ///< its extreme and when, in words
        std::string line;                  ///< path data in a box of kWidth x kHeight
        std::optional<double> required_y;  ///< what the profile demands, if that is within the box
    };
    struct Instant {
        double at;
        std::string label;
        std::optional<double> stood;  ///< width of the stretch for which a livelock stood
    };
    bool is_bent = false;  ///< the load is drawn wider than what came before and after it
    std::vector<Phase> phases;
    std::vector<Tick> ticks;    ///< of the load alone, if that is so
    std::vector<Curve> curves;  ///< none where nothing was counted
    std::optional<Instant> instant;
    std::vector<std::string> notes;  ///< what is not in the picture, and why
};

inline constexpr double kCurveWidth = 1000;
inline constexpr double kCurveHeight = 100;

Timeline timeline(const Record& record, const RunSeries& series);

}  // namespace blkhang
