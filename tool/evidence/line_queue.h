// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

namespace blkhang {

/// Lines on their way from whoever sees something to the thread that writes it, in memory that was there before. Who
/// puts one in waits for nobody but another who does the same, for as long as it takes to copy a line; where there is
/// no room for it, it is lost and counted. One thread takes out.
class LineQueue {
public:
    /// What a line is for, which is a matter of who takes it.
    using Tag = std::uint8_t;

    explicit LineQueue(std::span<char> room) : room_(room) {}

    /// False: there was no room, or the line is too long for any.
    bool put(std::string_view line, Tag tag);
    struct Taken {
        std::size_t size;
        Tag tag;
    };
    /// Copies the line that waits longest to `to`, which has room for any; nothing if none waits.
    std::optional<Taken> take(std::span<char> to);
    [[nodiscard]] bool empty() const {
        return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

private:
    void copy_in(std::uint64_t at, const char* from, std::size_t size);
    void copy_out(std::uint64_t at, char* to, std::size_t size) const;

    std::span<char> room_;
    std::mutex putting_;
    // Bytes ever taken out and put in: where they stand is their rest by the size of the room.
    std::atomic<std::uint64_t> head_{0}, tail_{0};
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace blkhang
