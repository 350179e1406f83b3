// SPDX-License-Identifier: GPL-2.0-only
#include "record/measured_hangs.h"

#include "base/words.h"
#include "embedded/measurements.h"
#include "record/measurements.h"

namespace blkhang {

std::vector<MeasuredHangs> measured_hangs(std::string_view version) {
    const auto measurements = decode_measurements(embedded::measurements().at("measured.json"));
    const std::string text(version);
    std::vector<MeasuredHangs> hangs;
    for (const Measurement& one : measurements.value_or(std::vector<Measurement>{})) {
        if (!has_word(text, one.version)) {
            continue;
        }
        MeasuredHangs counted{one.profile, one.version, 0, 0, 0};
        for (const auto& [verdict, boots] : one.verdicts) {
            counted.boots += boots;
            counted.hangs += verdict == Verdict::hang ? boots : 0;
            counted.hazards += verdict == Verdict::hazard ? boots : 0;
        }
        hangs.push_back(std::move(counted));
    }
    return hangs;
}

}  // namespace blkhang
