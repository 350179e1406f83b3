// SPDX-License-Identifier: GPL-2.0-only
#include "watch/scribe.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/output.h"
#include "build_version.h"

namespace blkhang {

Profile watch_profile() {
    Profile profile;
    profile.name = "watch";
    profile.summary = "this host under its own load";
    profile.description =
        "No load was made: `blkhang watch` looked on. Nothing was probed on the way of every bio, so what bios were "
        "submitted from where is not known.";
    profile.duration = std::chrono::hours(1);  // what is kept of a stretch of the watch
    profile.churn = {.workers = 0, .ring = 0, .member_memory = 0, .member_writes = 0};
    profile.percpu = {.churners = 0, .flushers = 0, .maps = 0, .value_size = 0, .entries = 0};
    return profile;
}

Scribe::Scribe(std::filesystem::path metrics, std::function<void(const std::string&)> complain)
    : metrics_(std::move(metrics)), complain_(std::move(complain)) {}

void Scribe::take(char kind, const std::string& text) {
    switch (kind) {
        case frame::kBegin:
            begin(text);
            break;
        case frame::kObservation:
            if (recorder_) {
                recorder_->line(text);
            }
            break;
        case frame::kEnd:
            end();
            break;
        case frame::kMetrics:
            if (auto written = write_output(metrics_, text); !written && !metrics_failed_) {
                metrics_failed_ = true;  // said once
                complain_(written.error().message());
            }
            break;
        default:
            break;
    }
}

void Scribe::begin(const std::string& directory) {
    recorder_.reset();
    gap_ = false;
    started_ = utc_now();
    start_ns_ = monotonic_ns();
    auto claim = RecordClaim::make(directory);
    if (!claim) {
        complain_(claim.error().message());
        return;
    }
    auto recorder = Recorder::open(std::move(*claim),
                                   {.profile = "watch",
                                    .demands = {},
                                    .plant = "",
                                    .kernel = "running",
                                    .tool_version = kVersion,
                                    .tool_commit = kCommit,
                                    .config = {},
                                    .site = "watch"},
                                   watch_profile());
    if (!recorder) {
        complain_(recorder.error().message());
        return;
    }
    recorder_.emplace(std::move(*recorder));
}

void Scribe::end() {
    if (!recorder_) {
        return;
    }
    if (gap_) {
        recorder_->overlong_line(0);
    }
    RunEnd end;
    end.started = started_;
    end.total_s = seconds_since(start_ns_);
    if (const auto record = recorder_->finish(end); !record) {
        complain_(record.error().message());
    }
    recorder_.reset();
}

}  // namespace blkhang
