// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/truncation.h"

namespace blkhang {

/// Decides which of the things that a guest says are kept, within base/limits.h. What is not kept is not judged either,
/// so that the record can be made again from what is.
class Intake {
public:
    /// `load`: how long the load is to run.
    explicit Intake(std::chrono::seconds load = {});

    /// Is this line of the stream kept? By the type that it says it has, which its reader has to check. After the event
    /// that says that it is the last, none is.
    bool admits(std::string_view line);
    /// What each value of a line counts as at least, in bytes: in memory it takes more than the two of an empty one.
    static constexpr std::uint64_t kValue = 32;
    /// Of these values that is not counted: as many as members stand in any line, whose number is limited by itself.
    static constexpr std::size_t kMembers = 8;
    /// A line came that is too long to be kept.
    void overlong(std::uint64_t bytes);
    /// How many bytes of this piece of the console are kept, from its beginning on.
    std::size_t admits_of_console(std::string_view chunk);

    /// Was something left out of the stream since this was last asked that may say who waits for whom?
    bool lost_track();
    /// All that was left out so far.
    [[nodiscard]] std::vector<Truncation> truncations() const;

private:
    struct Count {
        std::uint64_t lines = 0, bytes = 0;
        void add(std::uint64_t more) {
            ++lines;
            bytes += more;
        }
    };
    struct Type {
        Count kept, dropped;
    };

    std::uint64_t factor_;  ///< for what grows with the load
    std::array<Type, limits::kQuotas.size()> types_{};
    Count after_end_, overlong_;
    std::size_t console_kept_ = 0;
    std::uint64_t console_dropped_ = 0;
    bool ended_ = false;
    bool lost_track_ = false;
};

}  // namespace blkhang
