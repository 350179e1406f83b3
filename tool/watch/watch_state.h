// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "watch/finding.h"

namespace blkhang {

/// What a watch leaves for the one after it, in one small file: what was told already, and how far was counted.
class WatchState {
public:
    /// Bytes; a file that is larger is none of ours.
    static constexpr std::size_t kLargest = std::size_t{64} << 10;
    static constexpr std::size_t kMostKeys = 64;

    /// Nothing yet, in the boot of this id.
    explicit WatchState(std::string boot) : boot_(std::move(boot)) {}
    /// What the file holds, as far as it is good for this boot: what was told before a reboot is news again, while
    /// counts go on. An empty state where there is no such file. An error says why it is not believed: it is torn or
    /// not ours, or others can write to it.
    static Result<WatchState> read(const std::filesystem::path& file, const std::string& boot);
    static Result<WatchState> decode(std::string_view text, const std::string& boot);

    /// It was told, and need not be again.
    void note(const Finding& finding);
    /// Keys of what was told in this boot, the oldest first.
    [[nodiscard]] const std::vector<std::string>& known() const { return known_; }
    /// What was counted before, and by the watch that runs: for metrics, which go on over restarts.
    [[nodiscard]] WatchStatus with_earlier(WatchStatus status) const;
    /// For the file, `status` being that of the watch that runs.
    [[nodiscard]] std::string encode(const WatchStatus& status) const;

private:
    std::string boot_;
    std::vector<std::string> known_;
    WatchStatus earlier_;
};

/// Of the boot that this machine is in; empty if it cannot be told.
std::string id_of_this_boot();

}  // namespace blkhang
