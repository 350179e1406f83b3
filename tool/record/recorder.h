// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "judge/observation.h"
#include "profile/profile.h"
#include "record/builder.h"
#include "record/claim.h"
#include "record/intake.h"
#include "record/settings.h"

namespace blkhang {

/// Owns a record directory while a run goes on. Whatever arrives is in its file before the call returns, so that a
/// recorder that is killed leaves everything it was given. One that was given nothing leaves nothing.
///
/// A write that fails (no space) does not stop the run: the first such failure is kept and makes finish() fail.
class Recorder {
public:
    /// Files that nothing else had a hand in: each is made anew below the claim's directory.
    static Result<Recorder> open(RecordClaim claim, RunFacts facts, const Profile& profile);

    /// A line of the evidence stream, without its newline; kept as it came. Returns the observation in it, nothing when
    /// the line is damaged or beyond the limits (either is counted, and rules out a clean verdict).
    std::optional<Observation> line(std::string_view line);
    /// A line came that is too long to be handed on.
    void overlong_line(std::uint64_t bytes);
    /// Lines were lost before they came here, nobody knows how many.
    void lost_track();
    /// A chunk of the machine's console.
    void console(std::string_view chunk);

    /// The .config that the kernel was built with; one that is empty or larger than any is not kept. At most once.
    void kernel_config(std::string_view text);

    /// What the observations say so far.
    [[nodiscard]] Judgement so_far() const { return builder_.so_far(); }
    /// Writes record.json and returns what is in it.
    /// That failure, so that who has better things to do than to go on can end the run.
    [[nodiscard]] const std::optional<Error>& failure() const { return first_failure_; }
    Result<Record> finish(const RunEnd& end) {
        return finish(end, [](Record& /*record*/) {});
    }
    /// The same, once `amend` has added what is known of the run beside its stream.
    Result<Record> finish(const RunEnd& end, const std::function<void(Record&)>& amend);

private:
    Recorder(RecordClaim claim, RunFacts facts, const Profile& profile)
        : claim_(std::move(claim)),
          settings_(settings_of(profile)),
          intake_(profile.duration + profile.patience),
          builder_(std::move(facts)) {}
    void append(const Fd& file, std::string_view text);
    void note_gap();

    RecordClaim claim_;
    Settings settings_;
    Intake intake_;
    bool in_gap_ = false;  ///< nothing was kept since something was left out
    RecordBuilder builder_;
    Fd console_, kmsg_;
    std::optional<Error> first_failure_;
};

}  // namespace blkhang
