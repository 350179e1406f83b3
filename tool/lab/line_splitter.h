// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace blkhang {

/// Cuts a byte stream into lines, whatever chunks it arrives in. Of a line that is too long no more is kept in memory
/// than may be, however much of it comes.
class LineSplitter {
public:
    /// `longest`: bytes of a line.
    explicit LineSplitter(std::size_t longest) : longest_(longest) {}
    /// Hands on each complete line, without its newline, and how many bytes of it were cut off.
    void feed(std::string_view chunk, const std::function<void(std::string_view line, std::uint64_t cut)>& on_line);
    /// Bytes of the last line, whose end has not come (yet).
    [[nodiscard]] std::uint64_t torn() const { return rest_.size() + cut_; }

private:
    void keep(std::string_view part);

    std::size_t longest_;
    std::string rest_;
    std::uint64_t cut_ = 0;  ///< bytes of it that were not kept
};

}  // namespace blkhang
