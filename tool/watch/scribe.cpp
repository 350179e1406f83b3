// SPDX-License-Identifier: GPL-2.0-only
#include "watch/scribe.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/output.h"
#include "build_version.h"
#include "machine/build_config.h"
#include "record/watch_profile.h"

namespace blkhang {
namespace {

constexpr std::chrono::hours kStretch{1};  // of the watch, of which a finding's record tells

}  // namespace

Scribe::Scribe(Files files, std::string kernel_config, std::function<void(const std::string&)> complain)
    : files_(std::move(files)), kernel_config_(std::move(kernel_config)), complain_(std::move(complain)) {}

void Scribe::complain_once(bool& failed, const Error& error) {
    if (!std::exchange(failed, true)) {
        complain_(error.message());
    }
}

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
            if (auto written = write_output(files_.metrics, text); !written) {
                complain_once(metrics_failed_, written.error());
            }
            break;
        case frame::kState:
            // Made where it is missing: the directory of records may not be there before the first of them.
            if (auto made = make_directories(files_.state.parent_path()); !made) {
                complain_once(state_failed_, made.error());
            } else if (auto written = replace_file(files_.state, text); !written) {
                complain_once(state_failed_, written.error());
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
                                   {.profile = std::string(kWatchProfile),
                                    .demands = {},
                                    .plant = "",
                                    .kernel = "running",
                                    .tool_version = kVersion,
                                    .tool_commit = kCommit,
                                    .config = relevant_options(kernel_config_),
                                    .site = "watch"},
                                   watch_profile(kStretch));
    if (!recorder) {
        complain_(recorder.error().message());
        return;
    }
    recorder_.emplace(std::move(*recorder));
    recorder_->kernel_config(kernel_config_);
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
