// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "record/recorder.h"
#include "watch/finding.h"
#include "watch/shared_ring.h"

namespace blkhang {

/// The kinds of texts that the processes of a watch send each other.
namespace frame {
inline constexpr char kAttached = 'A';     ///< a line of the stream: the tier
inline constexpr char kRefused = 'X';      ///< why nothing is watched
inline constexpr char kNotice = 'N';       ///< something to be told to whoever watches
inline constexpr char kStatus = 'S';       ///< a WatchStatus
inline constexpr char kBegin = 'B';        ///< the record of a finding; to the scribe: its directory
inline constexpr char kObservation = 'O';  ///< a line of its stream
inline constexpr char kEnd = 'E';          ///< the Finding
inline constexpr char kMetrics = 'M';      ///< what the metrics file is to hold
inline constexpr char kState = 'T';        ///< what the file of the watch's state is to hold
inline constexpr char kDone = 'D';         ///< the watcher has ended in good order
}  // namespace frame

/// Writes records, the metrics file and the state of the watch. A process of its own does that (host_watch.cpp), since
/// their disk may be the one that is frozen.
class Scribe {
public:
    /// Files of the watch as a whole; empty: not kept.
    struct Files {
        std::filesystem::path metrics, state;
    };
    /// What cannot be written is told to `complain`, a sentence each. `kernel_config` is the .config of this kernel,
    /// which goes into each record; empty if it is not known.
    Scribe(Files files, std::string kernel_config, std::function<void(const std::string&)> complain);

    void take(char kind, const std::string& text);
    /// Lines of the record that is being written are known to be missing.
    void note_gap() { gap_ = true; }

private:
    void begin(const std::string& directory);
    void end();
    void complain_once(bool& failed, const Error& error);

    Files files_;
    std::string kernel_config_;
    std::function<void(const std::string&)> complain_;
    std::optional<Recorder> recorder_;
    std::string started_;
    std::uint64_t start_ns_ = 0;
    bool gap_ = false;
    bool metrics_failed_ = false, state_failed_ = false;
};

}  // namespace blkhang
