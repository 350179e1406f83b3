// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/directory.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// A text that grows for as long as somebody sends, in room that does not: its beginning is kept, and of the rest the
/// latest. In files NAME, NAME.1, NAME.2 and so on, of which the last two are there.
class BoundedLog {
public:
    struct Room {
        std::uint64_t beginning = std::uint64_t{8} << 20U;
        std::uint64_t rest = std::uint64_t{4} << 20U;  ///< each of the two files
        [[nodiscard]] std::uint64_t all() const { return beginning + 2 * rest; }
    };
    /// `files`: how many there have been so far, by an earlier writer, whose last one is left as it is.
    BoundedLog(std::string name, Room room, std::uint64_t files) : name_(std::move(name)), room_(room), next_(files) {}

    /// Adds a line, whose end comes with it. What fails is not kept, and leaves at most a torn line.
    Status append(const Directory& directory, std::string_view line);

    /// Files that there have been.
    [[nodiscard]] std::uint64_t files() const { return next_; }
    /// Bytes that gave way to later ones.
    [[nodiscard]] std::uint64_t given_way() const { return given_way_; }

    /// The name of the file of that number.
    static std::string file_name(std::string_view name, std::uint64_t number);
    /// The numbers of those that are there, of so many that there have been.
    static std::vector<std::uint64_t> present(const Directory& directory, std::string_view name, std::uint64_t files);

private:
    std::string name_;
    Room room_;
    std::uint64_t next_;
    Fd file_;
    std::uint64_t size_ = 0, given_way_ = 0;
    bool torn_ = false;
};

}  // namespace blkhang
