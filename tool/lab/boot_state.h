// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// What a guest was at the moment when it was ready for its load, in a file, so that others go on from there instead of
/// booting: what it had said, what its disks held, and QEMU's state of its machine.
class BootState {
public:
    /// `file`: the caller's, open for reading and writing, without a name, so that it goes with the last who has it;
    /// the same for all guests that are one and the same machine, also in other processes. `machine`: what this one is;
    /// it goes on from no other's state.
    static Result<BootState> open(int file, std::string machine);

    /// Is there a state to go on from?
    [[nodiscard]] bool is_kept() const { return kept_.has_value(); }
    /// Is it this guest that leaves its state? Of several at once it is one, if there is room where the file is for
    /// `bytes`, and much more.
    [[nodiscard]] bool is_awaited(std::uint64_t bytes) const;

    struct Heard {
        std::string stream, console;  ///< what the guest said on each, as it came
    };
    /// Writes what is kept of them to `disks`, as many as there were, all empty.
    [[nodiscard]] Result<Heard> restore(const std::vector<int>& disks) const;
    /// A descriptor of its own that stands where QEMU's state begins.
    [[nodiscard]] Result<Fd> machine_state() const;
    /// `write_state` writes QEMU's to the descriptor that it is given. Whole or not at all.
    Status keep(const Heard& heard, const std::vector<int>& disks, const std::function<Status(int)>& write_state);

private:
    struct Extent {
        std::size_t disk;  ///< its place among the disks
        std::uint64_t at, length;
    };
    struct Kept {
        std::uint64_t stream = 0, console = 0;  ///< bytes of each
        std::vector<Extent> extents;
        std::uint64_t state = 0;  ///< where QEMU's begins
    };
    BootState(Fd file, std::string machine) : file_(std::move(file)), machine_(std::move(machine)) {}
    [[nodiscard]] std::optional<Kept> read_head() const;
    Status write_content(const Heard& heard, const std::vector<int>& disks, Kept& kept) const;
    Status write_head(const Kept& kept) const;

    Fd file_;  ///< locked: by one who leaves a state, or by many who go on from it
    std::string machine_;
    std::optional<Kept> kept_;
    bool is_writer_ = false;
};

}  // namespace blkhang
