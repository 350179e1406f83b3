// SPDX-License-Identifier: GPL-2.0-only
// The same stream as a page's timeline reads it: only some lines are decoded, others are looked at as text.
#include "harness.h"
#include "record/run_series.h"
#include "samples.h"

namespace blkhang::fuzz {

const Registered kTimeline{{
    .name = "timeline",
    .shape = Shape::json_lines,
    .longest = 2048,
    .attempt =
        [](std::string_view input) {
            RunSeriesReader reader("trials", 1000);
            each_line(input, [&](std::string_view line) { reader.line(line); });
            const auto series = reader.finish();
            for (std::size_t i = 1; i < series.waiting.size(); ++i) {
                require(series.waiting[i - 1].pid != series.waiting[i].pid, "one wait for each task");
            }
        },
    .seeds = [] { return sample_streams(1024); },
}};

}  // namespace blkhang::fuzz
