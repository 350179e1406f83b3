// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "evidence/surviving_run.h"
#include "klog/story_reader.h"
#include "record/claim.h"
#include "record/recorder.h"

namespace blkhang {

/// What is known of the time between a run's last sign of life and the next boot, in words.
std::string last_moments(const SurvivingRun& run, std::optional<std::uint64_t> next_boot_ns);

/// Makes a record of what survived of a run on a host that froze, or was cut off. The stream of observations is judged
/// as that of any run; logs are read as `blkhang diagnose` does, and speak where the stream proves nothing. What proves
/// nothing is inconclusive: that a machine went away is no hang.
class RecoveredRecord {
public:
    static Result<RecoveredRecord> open(RecordClaim claim, RunFacts facts);

    /// A kernel's log: the name of each text before its lines.
    void begin_text(std::string_view name);
    void line(std::string_view line);

    /// `run` is nothing if only logs survived.
    Result<Record> finish(const std::optional<SurvivingRun>& run, std::optional<std::uint64_t> next_boot_ns);

private:
    explicit RecoveredRecord(Recorder recorder) : recorder_(std::move(recorder)) {}
    [[nodiscard]] RunEnd end_of(const SurvivingRun& run, std::optional<std::uint64_t> next_boot_ns) const;
    void take_in(const SurvivingRun& run);

    Recorder recorder_;
    StoryReader story_;
    bool has_text_ = false;
    std::uint64_t latest_ns_ = 0;  ///< of what was observed
    bool ended_ = false;           ///< the watcher itself said so
};

}  // namespace blkhang
