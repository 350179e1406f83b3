// SPDX-License-Identifier: GPL-2.0-only
// The stream of events that a guest sends, through decoder and judge into a record.
#include "harness.h"
#include "record/builder.h"
#include "record/stream.h"
#include "samples.h"

namespace blkhang::fuzz {
namespace {

constexpr std::size_t kShortStream = 1024;

Record judged(std::string_view stream) {
    RecordBuilder builder({"kvm-2011", {{{"trials", 1}}}, "", "deb:6.1", "0.1.0", "3f2c9d1a7be4", {}});
    each_line(stream, [&](std::string_view line) {
        const auto observation = decode(line);
        if (!observation) {
            builder.damaged_line();
            return;
        }
        builder.observe(*observation);
    });
    return builder.finish({Ended::lost, "no line for 60 s", "tcg"});
}

}  // namespace

const Registered kEvents{{
    .name = "events",
    .shape = Shape::json_lines,
    .longest = 2 * kShortStream,
    .attempt =
        [](std::string_view input) { require(!judged(input).verdict.reasons.empty(), "every verdict has a reason"); },
    .seeds = [] { return sample_streams(kShortStream); },
}};

}  // namespace blkhang::fuzz
