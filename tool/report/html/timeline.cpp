// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/units.h"
#include "judge/judge.h"
#include "report/html/curve_points.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

constexpr std::size_t kStretches = 250;
constexpr double kWhole = 100;

/// "4.7 MiB", "21 KiB".
std::string amount(double bytes) {
    constexpr double kStep = 1024;
    constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= kStep && unit + 1 < kUnits.size()) {
        bytes /= kStep;
        ++unit;
    }
    constexpr double kWithDecimals = 10;
    return fmt::format("{:.{}f} {}", bytes, unit > 0 && bytes < kWithDecimals ? 1 : 0, kUnits.at(unit));
}

/// "3.2 s into the load", "4.0 s before it".
std::string when(double at_ms) {
    return at_ms < 0 ? fmt::format("{} before the load", duration_words(-at_ms))
                     : fmt::format("{} into the load", duration_words(at_ms));
}

/// The load is what the run is about: where it took less of the time than this, it is drawn wider, and what came before
/// and after it narrower.
constexpr double kLeastLoad = 75;  // percent of the axis

/// The stretch of time that is shown.
class Axis {
public:
    Axis(const Record& record, const RunSeries& series) {
        for (const auto& phase : record.phases) {
            include(phase.start_ms);
            include(phase.end_ms);
            if (phase.name == seen::kLoadPhase && phase.end_ms > phase.start_ms) {
                load_start_ = phase.start_ms;
                load_end_ = phase.end_ms;
            }
        }
        for (const auto& sample : series.samples) {
            include(sample.at_ms);
        }
        if (!is_empty_ && record.deadlock) {
            include(record.deadlock->closed_ms);
            include(record.deadlock->closed_ms + record.deadlock->lasted_ms.value_or(0));
        }
        const double load = load_end_ - load_start_;
        const double rest = end_ - start_ - load;
        if (load > 0 && load / (load + rest) * kWhole < kLeastLoad) {
            per_load_ms_ = kLeastLoad / load;
            per_other_ms_ = (kWhole - kLeastLoad) / rest;
        } else if (!is_empty()) {
            per_load_ms_ = per_other_ms_ = kWhole / (end_ - start_);
        }
    }
    [[nodiscard]] bool is_empty() const { return is_empty_ || end_ <= start_; }
    [[nodiscard]] double start() const { return start_; }
    [[nodiscard]] double end() const { return end_; }
    [[nodiscard]] double share(double at_ms) const {
        const double loaded = std::clamp(at_ms, load_start_, load_end_) - load_start_;
        return loaded * per_load_ms_ + (at_ms - start_ - loaded) * per_other_ms_;
    }
    /// Time runs faster outside of the load.
    [[nodiscard]] bool is_bent() const { return per_load_ms_ != per_other_ms_; }
    [[nodiscard]] double load_start() const { return load_start_; }
    [[nodiscard]] double load_end() const { return load_end_; }

private:
    void include(double at_ms) {
        start_ = is_empty_ ? at_ms : std::min(start_, at_ms);
        end_ = is_empty_ ? at_ms : std::max(end_, at_ms);
        is_empty_ = false;
    }
    bool is_empty_ = true;
    double start_ = 0, end_ = 0;
    double load_start_ = 0, load_end_ = 0;       ///< the same where no load is known
    double per_load_ms_ = 0, per_other_ms_ = 0;  ///< percent of the axis
};

/// 1, 2 or 5 times a power of ten seconds, so that there are some five of them.
double tick_length(double from, double to) {
    constexpr double kWanted = 6;
    const double least = (to - from) / kWanted;
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double step : {1.0, 2.0, 5.0}) {
        if (step * power >= least) {
            return step * power;
        }
    }
    return 10.0 * power;
}

std::vector<Timeline::Tick> ticks(const Axis& axis) {
    constexpr double kMargin = 4;  // percent: labels are centred and may not stick out
    constexpr int kMost = 10;      // whatever the numbers are: of those that are too large, adding one changes nothing
    const double from = axis.is_bent() ? axis.load_start() : axis.start();
    const double to = axis.is_bent() ? axis.load_end() : axis.end();
    const double length = tick_length(from, to);
    const double first = std::ceil(from / length);
    std::vector<Timeline::Tick> result;
    for (int i = 0; i < kMost && (first + i) * length <= to; ++i) {
        const double at_ms = (first + i) * length + 0.0;
        const double at = axis.share(at_ms);
        if (at >= kMargin && at <= kWhole - kMargin) {
            result.push_back({at, fmt::format("{:g} s", std::round(at_ms) / kMsPerS)});
        }
    }
    return result;
}

std::vector<Timeline::Phase> phases(const Record& record, const Axis& axis) {
    constexpr double kWidthOfLetter = 2.4;  // percent of the narrowest screen
    std::vector<Timeline::Phase> result;
    for (const auto& phase : record.phases) {
        const double from = axis.share(phase.start_ms);
        const double width = axis.share(phase.end_ms) - from;
        result.push_back({phase.name, duration_words(phase.end_ms - phase.start_ms), from, width,
                          width >= kWidthOfLetter * static_cast<double>(phase.name.size() + 1),
                          phase.name == seen::kLoadPhase});
    }
    return result;
}

template <class Value>
std::vector<CurvePoint> levels(const RunSeries& series, Value value) {
    std::vector<CurvePoint> points;
    for (const auto& sample : series.samples) {
        if (const std::optional<std::uint64_t> level = value(sample)) {
            points.push_back({sample.at_ms, static_cast<double>(*level)});
        }
    }
    return points;
}

/// What is counted since the load began was nothing then.
RunSeries::Sample start_of_load() { return {0, 0, 0, 0, {}}; }

/// Per second, over each stretch between two samples.
template <class Value>
std::vector<CurvePoint> rates(const RunSeries& series, Value value) {
    std::vector<CurvePoint> points;
    for (std::size_t i = 0; i < series.samples.size(); ++i) {
        const auto before = i == 0 ? start_of_load() : series.samples[i - 1];
        const auto& after = series.samples[i];
        if (after.at_ms <= before.at_ms || value(after) < value(before)) {
            continue;
        }
        if (points.empty()) {
            points.push_back({before.at_ms, 0});
        }
        points.push_back(
            {after.at_ms, static_cast<double>(value(after) - value(before)) / (after.at_ms - before.at_ms) * kMsPerS});
    }
    return points;
}

const CurvePoint& highest(const std::vector<CurvePoint>& points) {
    return *std::max_element(points.begin(), points.end(),
                             [](const auto& a, const auto& b) { return a.value < b.value; });
}
const CurvePoint& lowest(const std::vector<CurvePoint>& points) {
    return *std::min_element(points.begin(), points.end(),
                             [](const auto& a, const auto& b) { return a.value < b.value; });
}

/// The box is a little higher than the curve, so that a line along its peak is seen whole.
class Box {
public:
    Box(const Axis& axis, double top) : axis_(axis), top_(top > 0 ? top * kHeadroom : 1) {}
    [[nodiscard]] double y(double value) const { return kCurveHeight * (1 - value / top_); }
    [[nodiscard]] std::string path(const std::vector<CurvePoint>& points) const {
        std::string data;
        for (const auto& point : points) {
            data += fmt::format("{}{:.1f} {:.1f}", data.empty() ? "M" : "L",
                                axis_.share(point.at) / kWhole * kCurveWidth, y(point.value));
        }
        return data;
    }

private:
    static constexpr double kHeadroom = 1.06;
    const Axis& axis_;
    double top_;
};

class Curves {
public:
    Curves(const Record& record, const RunSeries& series, const Axis& axis)
        : record_(record), series_(series), axis_(axis) {}

    std::vector<Timeline::Curve> draw() {
        const auto ios = rates(series_, [](const auto& sample) { return sample.ios; });
        const auto swapped = rates(series_, [](const auto& sample) { return sample.swapped_out; });
        add("IO of the writers", ios,
            [](const CurvePoint& peak) { return fmt::format("{:.0f} per second", peak.value); });
        add("Swapped out", swapped, [](const CurvePoint& peak) { return amount(peak.value) + " per second"; });
        free_memory();
        trials();
        return std::move(curves_);
    }

private:
    template <class Words>
    void add(const char* name, const std::vector<CurvePoint>& points, Words words) {
        if (points.empty()) {
            return;
        }
        const auto& peak = highest(points);
        const std::string summary = peak.value > 0 ? fmt::format("at most {}, {}", words(peak), when(peak.at)) : "none";
        curves_.push_back({name, summary, Box(axis_, peak.value).path(thinned(points, kStretches)), {}});
    }
    void free_memory() {
        const auto points = levels(series_, [](const auto& sample) { return sample.free_bytes; });
        if (points.empty()) {
            return;
        }
        const auto& least = lowest(points);
        curves_.push_back({"Free memory",
                           fmt::format("at least {}, {}; at most {}", amount(least.value), when(least.at),
                                       amount(highest(points).value)),
                           Box(axis_, highest(points).value).path(thinned(points, kStretches)),
                           {}});
    }
    void trials() {
        auto points = levels(series_, [](const auto& sample) { return sample.trials; });
        if (points.empty()) {
            return;
        }
        if (points.front().at > 0) {
            points.insert(points.begin(), {start_of_load().at_ms, 0});
        }
        const auto item = std::find_if(record_.coverage.begin(), record_.coverage.end(),
                                       [](const auto& one) { return one.id == kTrials; });
        const double required = item == record_.coverage.end() ? 0 : static_cast<double>(item->required);
        const Box box(axis_, std::max(highest(points).value, required));
        Timeline::Curve curve{"Trials so far",
                              fmt::format("{:.0f} in the end", points.back().value),
                              box.path(thinned(points, kStretches)),
                              {}};
        if (required > 0) {
            curve.summary += fmt::format("; {:.0f} are demanded (dashed)", required);
            curve.required_y = box.y(required);
        }
        curves_.push_back(std::move(curve));
    }

    const Record& record_;
    const RunSeries& series_;
    const Axis& axis_;
    std::vector<Timeline::Curve> curves_;
};

std::optional<Timeline::Instant> instant(const Record& record, const Axis& axis) {
    if (!record.deadlock) {
        return std::nullopt;
    }
    const auto& deadlock = *record.deadlock;
    const double at = axis.share(deadlock.closed_ms);
    if (!deadlock.lasted_ms) {
        const std::string_view what = deadlock.kind == kMachineLost ? "cycle closed" : "deadlock";
        return Timeline::Instant{at, fmt::format("{} at {}", what, duration_words(deadlock.closed_ms)), {}};
    }
    const double end_ms = deadlock.closed_ms + *deadlock.lasted_ms;
    return Timeline::Instant{
        at, fmt::format("livelock from {} to {}", duration_words(deadlock.closed_ms), duration_words(end_ms)),
        axis.share(end_ms) - at};
}

std::vector<std::string> notes(const RunSeries& series) {
    std::vector<std::string> result;
    const auto nothing_has = [&series](auto member) {
        return std::none_of(series.samples.begin(), series.samples.end(),
                            [member](const auto& sample) { return (sample.*member).has_value(); });
    };
    if (series.samples.empty()) {
        result.emplace_back("There are no curves: events.ndjson holds no counters that can be read.");
    } else {
        if (nothing_has(&RunSeries::Sample::free_bytes)) {
            result.emplace_back("Free memory is not shown: the blkhang that made this run did not measure it.");
        }
        if (nothing_has(&RunSeries::Sample::trials)) {
            result.emplace_back("Trials are not shown: nothing here says which counter holds them.");
        }
    }
    if (series.damaged_lines > 0) {
        result.push_back(
            fmt::format("Damaged lines of events.ndjson that were passed over: {}.", series.damaged_lines));
    }
    return result;
}

}  // namespace

Timeline timeline(const Record& record, const RunSeries& series) {
    Timeline result;
    const Axis axis(record, series);
    result.notes = notes(series);
    if (axis.is_empty()) {
        return result;
    }
    result.is_bent = axis.is_bent();
    result.phases = phases(record, axis);
    result.ticks = ticks(axis);
    result.curves = Curves(record, series, axis).draw();
    result.instant = instant(record, axis);
    return result;
}

}  // namespace blkhang
