// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// Texts from one process to another over memory that they share: made before the fork, one writes and one reads.
/// Nothing is asked of the kernel on the way, so a machine that hangs stops neither of them; what finds no room is
/// counted and dropped.
class SharedRing {
public:
    static Result<SharedRing> make(std::size_t bytes);

    /// Would it find room now?
    [[nodiscard]] bool fits(std::string_view text) const;
    /// False if there is no room.
    bool put(char kind, std::string_view text);
    /// The oldest that was not taken yet. False if there is none.
    bool take(char& kind, std::string& text);
    /// How many found no room.
    [[nodiscard]] std::uint64_t left_out() const { return control().left_out.load(); }

    /// Says that the writer is alive, and when it last was.
    void beat(std::uint64_t now_ns) { control().beat_ns.store(now_ns); }
    [[nodiscard]] std::uint64_t beat_ns() const { return control().beat_ns.load(); }
    /// Asks the other side to end.
    void stop() { control().stop.store(true); }
    [[nodiscard]] bool stopped() const { return control().stop.load(); }

private:
    struct Control {
        std::atomic<std::uint64_t> written{0}, taken{0}, left_out{0}, beat_ns{0};
        std::atomic<bool> stop{false};
    };
    struct Unmap {
        std::size_t bytes;
        void operator()(void* memory) const;
    };
    SharedRing(void* memory, std::size_t bytes) : memory_(memory, Unmap{bytes}), bytes_(bytes - sizeof(Control)) {}
    [[nodiscard]] Control& control() const { return *static_cast<Control*>(memory_.get()); }
    [[nodiscard]] char* data() const { return static_cast<char*>(memory_.get()) + sizeof(Control); }
    void copy_in(std::uint64_t at, const char* from, std::size_t size);
    void copy_out(std::uint64_t at, char* to, std::size_t size) const;

    std::unique_ptr<void, Unmap> memory_;
    std::size_t bytes_;
};

}  // namespace blkhang
