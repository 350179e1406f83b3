// SPDX-License-Identifier: GPL-2.0-only
#include "cli/exit_code.h"

#include <algorithm>

#include "report/compare/compare.h"

namespace blkhang {
namespace {

constexpr int kBisectSkip = 125;   // git bisect run: this commit cannot be tested
constexpr int kBisectAbort = 128;  // the smallest that stops the bisection instead of calling the commit bad
constexpr int kKselftestSkip = 4;
constexpr int kAutotoolsSkip = 77;
constexpr int kAutotoolsHardError = 99;

}  // namespace

std::optional<ExitStyle> exit_style_from(std::string_view name) {
    const auto found = std::ranges::find(kExitStyleNames, name);
    return found == kExitStyleNames.end() ? std::nullopt
                                          : std::optional(static_cast<ExitStyle>(found - kExitStyleNames.begin()));
}

ExitCode exit_code(Verdict verdict) {
    switch (verdict) {
        case Verdict::clean:
            return ExitCode::ok;
        case Verdict::hang:
        case Verdict::hazard:
            return ExitCode::bad_kernel;
        case Verdict::inconclusive:
            return ExitCode::inconclusive;
        case Verdict::unsupported:
            return ExitCode::unsupported;
        case Verdict::error:
            break;
    }
    return ExitCode::broken;
}

ExitCode exit_code(Fault fault) {
    switch (fault) {
        case Fault::usage:
            return ExitCode::usage;
        case Fault::unsupported:
            return ExitCode::unsupported;
        case Fault::broken:
            break;
    }
    return ExitCode::broken;
}

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

int exit_status(ExitCode code, ExitStyle style) {
    const bool skip = code == ExitCode::inconclusive || code == ExitCode::unsupported;
    const bool not_about_the_kernel = code == ExitCode::usage || code == ExitCode::broken;
    switch (style) {
        case ExitStyle::plain:
            break;
        case ExitStyle::bisect:
            if (skip) {
                return kBisectSkip;
            }
            if (not_about_the_kernel) {
                return kBisectAbort;
            }
            break;
        case ExitStyle::kselftest:
            if (skip) {
                return kKselftestSkip;
            }
            if (not_about_the_kernel) {
                return static_cast<int>(ExitCode::broken);  // 2 would read as "expected failure"
            }
            break;
        case ExitStyle::autotools:
            if (skip) {
                return kAutotoolsSkip;
            }
            if (not_about_the_kernel) {
                return kAutotoolsHardError;
            }
            break;
    }
    return static_cast<int>(code);
}

}  // namespace blkhang
