// SPDX-License-Identifier: GPL-2.0-only
#include "cli/comparison.h"

namespace blkhang {

ExitCode exit_code(Outcome outcome) {
    switch (outcome) {
        case Outcome::good:
            return ExitCode::ok;
        case Outcome::fails:
            return ExitCode::bad_kernel;
        case Outcome::nothing_shown:
            break;
    }
    return ExitCode::inconclusive;
}

}  // namespace blkhang
