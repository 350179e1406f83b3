// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blkhang {

/// What a virtual machine of the load says on its first serial port for each block that it has written. No text has it.
inline constexpr char kWroteOne = '\x06';

/// What such a machine has said so far.
class GuestConsole {
public:
    void feed(std::string_view chunk);
    /// Blocks that it says it has written.
    [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
    /// The last line of what else it said; at most 200 bytes of it.
    [[nodiscard]] const std::string& last_line() const { return line_.empty() ? last_line_ : line_; }

private:
    std::uint64_t blocks_ = 0;
    std::string line_, last_line_;
};

}  // namespace blkhang
