// SPDX-License-Identifier: GPL-2.0-only
// matrix.json: what is accepted is tallied, and written as it was read.
#include "record/matrix.h"

#include "harness.h"
#include "record/tally.h"
#include "samples.h"

namespace blkhang::fuzz {

const Registered kMatrix{{
    .name = "matrix",
    .shape = Shape::json,
    .longest = 8192,
    .attempt =
        [](std::string_view input) {
            const auto matrix = decode_matrix(input);
            if (!matrix) {
                require(matrix.error().fault() == Fault::usage, "a damaged matrix is the user's to replace");
                return;
            }
            static_cast<void>(overall(tally(*matrix)));
            const auto text = encode(*matrix);
            const auto again = decode_matrix(text);
            require(again.has_value(), "what was written is accepted");
            require(encode(*again) == text, "what was written is read back as the same");
        },
    .seeds = sample_matrices,
}};

}  // namespace blkhang::fuzz
