// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// How a run went over time, which the record does not keep: what was counted when, and who waited at a given instant.
struct RunSeries {
    /// Cumulative since the load began, but for the free memory.
    struct Sample {
        double at_ms;  ///< from the start of the load phase, as in the record
        std::uint64_t ios, swapped_out;
        std::optional<std::uint64_t> trials;      ///< unknown where nobody says which counter holds them
        std::optional<std::uint64_t> free_bytes;  ///< absent from streams of before it was measured
    };
    std::vector<Sample> samples;
    std::vector<seen::Wait> waiting;  ///< the waits that were open then, by pid; one for each task
    std::uint64_t damaged_lines = 0;  ///< of those that were read
};

/// Reads it out of the lines of events.ndjson. Only counters, phases and the waits that stay open are decoded: with
/// hundreds of thousands of events, whoever waits for the report should not wait for what it does not show.
class RunSeriesReader {
public:
    /// `trial` is the coverage id that the profile counts as trials; empty if that is not known. Waits and wakes after
    /// `instant_ms` are passed over.
    RunSeriesReader(std::string trial, std::optional<double> instant_ms);

    void line(std::string_view text);
    [[nodiscard]] RunSeries finish() const;

private:
    struct Counted {
        std::uint64_t at_ns;
        RunSeries::Sample sample;
    };
    struct OpenWait {
        std::string what, line;
    };

    void observe(const Result<Observation>& observation);
    void on(const seen::Hello& hello);
    void on(const seen::Phase& phase);
    void on(const seen::Counters& counters);
    void wait(std::string_view text);
    void wake(std::string_view text);
    [[nodiscard]] bool is_too_late(std::string_view text) const;

    std::string trial_;
    std::optional<double> instant_ms_;
    std::optional<std::uint64_t> began_ns_, load_began_ns_;
    std::vector<Counted> counted_;
    std::map<std::int64_t, OpenWait> open_;  // by pid
    std::uint64_t damaged_lines_ = 0;
};

}  // namespace blkhang
