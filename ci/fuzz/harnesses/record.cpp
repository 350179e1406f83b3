// SPDX-License-Identifier: GPL-2.0-only
// record.json: what is accepted is written as it was read.
#include "record/record.h"

#include "harness.h"
#include "samples.h"

namespace blkhang::fuzz {

const Registered kRecord{{
    .name = "record",
    .shape = Shape::json,
    .longest = 16384,
    .attempt =
        [](std::string_view input) {
            const auto record = decode_record(input);
            if (!record) {
                require(record.error().fault() == Fault::usage, "a damaged record is the user's to replace");
                return;
            }
            const auto text = encode(*record);
            const auto again = decode_record(text);
            require(again.has_value(), "what was written is accepted");
            require(encode(*again) == text, "what was written is read back as the same");
        },
    .seeds = sample_records,
}};

}  // namespace blkhang::fuzz
