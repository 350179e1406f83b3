// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace blkhang {

/// Puts lines into the payload of a block. A line that fits into one block is never divided: a block that is lost takes
/// no other's lines with it. Allocates nothing.
class LinePacker {
public:
    explicit LinePacker(std::span<char> room) : room_(room) {}

    /// Puts in as much of the line as finds room, `from` on; returns how far it came. The whole line is in once that
    /// is its length; until then the block is full, and the rest goes into the next one.
    std::size_t add(std::string_view line, std::size_t from);
    /// An empty line needs a piece, too.
    static bool is_done(std::string_view line, std::size_t from) { return from > line.size(); }

    [[nodiscard]] std::string_view payload() const { return {room_.data(), used_}; }
    [[nodiscard]] bool empty() const { return used_ == 0; }
    void clear() { used_ = 0; }

private:
    std::span<char> room_;
    std::size_t used_ = 0;
};

/// The reverse: puts lines together again from payloads in their order. What a gap has torn is dropped and counted.
class LineJoiner {
public:
    using TakesLine = std::function<void(std::string_view line)>;

    void payload(std::string_view payload, const TakesLine& line);
    /// Something is missing here. To be told at the end, too.
    void gap();
    /// Lines of which a part is missing, or that were longer than any may be.
    [[nodiscard]] std::uint64_t torn() const { return torn_; }

private:
    void tear();
    std::string line_;  ///< that has begun and not ended
    bool open_ = false;
    bool counted_ = false;  ///< what may come of a line that was torn is known to be missing
    std::uint64_t torn_ = 0;
};

}  // namespace blkhang
