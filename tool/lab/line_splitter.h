// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace blkhang {

/// Cuts a byte stream into lines, whatever chunks it arrives in.
class LineSplitter {
public:
    /// Hands on each complete line, without its newline.
    void feed(std::string_view chunk, const std::function<void(std::string_view line)>& on_line);
    /// Bytes of the last line, whose end has not come (yet).
    [[nodiscard]] std::size_t torn() const { return rest_.size(); }

private:
    std::string rest_;
};

}  // namespace blkhang
