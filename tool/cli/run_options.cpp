// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/sizes.h"
#include "cli/terminal.h"
#include "matrix/request.h"
#include "profile/fields.h"

namespace blkhang {
namespace {

/// Healing needs some seconds.
constexpr auto kLeastPatience = std::chrono::seconds(1);

}  // namespace

std::vector<std::string> sets_of(const Invocation& invocation) {
    std::vector<std::string> sets;
    if (invocation.has("set")) {
        sets = invocation.values["set"].as<std::vector<std::string>>();
    }
    if (invocation.has("duration")) {
        std::ranges::move(sets_of_duration(invocation.text("duration")), std::back_inserter(sets));
    }
    return sets;
}

Result<std::optional<std::chrono::seconds>> deadline_of(const Invocation& invocation) {
    if (!invocation.has("deadline")) {
        return std::nullopt;
    }
    const auto span = parse_duration(invocation.text("deadline"));
    if (!span) {
        return fail_within(span.error(), "--deadline");
    }
    const auto deadline = std::chrono::ceil<std::chrono::seconds>(*span);
    if (deadline < kShortestDeadline) {
        return fail(Fault::usage, fmt::format("--deadline: expected at least {}", format_duration(kShortestDeadline)));
    }
    return deadline;
}

Result<std::optional<std::chrono::milliseconds>> give_up_of(const Invocation& invocation, bool has_resort,
                                                            const std::string& resorts) {
    if (!invocation.has("give-up")) {
        return std::nullopt;
    }
    if (!has_resort) {
        return fail(Error(Fault::usage, "--give-up says when, and nothing says what is done then").hint(resorts));
    }
    const auto span = parse_duration(invocation.text("give-up"));
    if (!span) {
        return fail_within(span.error(), "--give-up");
    }
    if (*span < kLeastPatience) {
        return fail(Fault::usage,
                    fmt::format("--give-up: a hang has to stand for {} at least", format_duration(kLeastPatience)));
    }
    return *span;
}

Progress::Kind progress_kind(const Common& common) {
    if (common.verbosity == Verbosity::quiet) {
        return Progress::Kind::none;
    }
    const bool live = can_redraw_progress() && common.verbosity == Verbosity::normal;
    return live ? Progress::Kind::live : Progress::Kind::plain;
}

}  // namespace blkhang
