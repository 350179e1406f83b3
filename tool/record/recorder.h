// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "judge/observation.h"
#include "profile/profile.h"
#include "record/builder.h"
#include "record/intake.h"
#include "record/settings.h"

namespace blkhang {

/// Owns a record directory while a run goes on. Whatever arrives is in its file before the call returns, so that a
/// recorder that is killed leaves everything it was given.
///
/// A write that fails (no space) does not stop the run: the first such failure is kept and makes finish() fail.
class Recorder {
public:
    /// Makes the directory if need be. One that holds a record already is refused: evidence is not overwritten.
    static Result<Recorder> open(const std::filesystem::path& directory, RunFacts facts, const Profile& profile);

    /// A line of the evidence stream, without its newline; kept as it came. Returns the observation in it, nothing when
    /// the line is damaged or beyond the limits (either is counted, and rules out a clean verdict).
    std::optional<Observation> line(std::string_view line);
    /// A line came that is too long to be handed on.
    void overlong_line(std::uint64_t bytes);
    /// A chunk of the machine's console.
    void console(std::string_view chunk);

    /// What the observations say so far.
    [[nodiscard]] Judgement so_far() const { return builder_.so_far(); }
    /// Writes record.json and returns what is in it.
    Result<Record> finish(const RunEnd& end);

private:
    Recorder(std::filesystem::path directory, RunFacts facts, const Profile& profile)
        : directory_(std::move(directory)),
          settings_(settings_of(profile)),
          intake_(profile.duration + profile.patience),
          builder_(std::move(facts)) {}
    Result<Fd> create(const char* name) const;
    void append(const Fd& file, std::string_view text);
    void note_gap();

    std::filesystem::path directory_;
    Settings settings_;
    Intake intake_;
    bool in_gap_ = false;  ///< nothing was kept since something was left out
    RecordBuilder builder_;
    Fd events_, console_, kmsg_;
    std::optional<Error> first_failure_;
};

}  // namespace blkhang
