// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "evidence/block.h"
#include "evidence/pieces.h"

namespace blkhang {

/// Puts the datagrams of one run in order: they come late, twice, or not at all. What is missing is waited for until
/// there is a reason not to; then the gap is told. Pure but for the time that it is given.
class Reassembly {
public:
    /// What they come to, in order.
    struct Sink {
        std::function<void(std::string_view line)> line;
        std::function<void(std::uint64_t first, std::uint64_t last)> gap;  ///< numbers that are missing
    };
    enum class Arrival { fresh, duplicate, late };

    /// How long a datagram may be late: several times as long as a proof is repeated for.
    static constexpr std::uint64_t kPatienceNs = 2'000'000'000;
    /// Datagrams that wait for an earlier one.
    static constexpr std::size_t kWaiting = 256;

    /// `next`: the first that is not there yet.
    explicit Reassembly(std::uint64_t next = 1) : next_(next) {}

    Arrival add(const EvidenceBlock& block, std::uint64_t now_ns, const Sink& sink);
    /// Gives up what has been missing for too long.
    void time_is(std::uint64_t now_ns, const Sink& sink);
    /// Gives up all that is missing: nothing more comes.
    void finish(const Sink& sink);

    [[nodiscard]] std::uint64_t next() const { return next_; }
    [[nodiscard]] std::uint64_t torn() const { return joiner_.torn(); }
    [[nodiscard]] bool is_waiting() const { return !waiting_.empty(); }

private:
    struct Waiting {
        std::string payload;
        std::uint64_t arrived_ns;
    };
    void hand_on(const Sink& sink);
    void skip(const Sink& sink);

    std::uint64_t next_;
    std::map<std::uint64_t, Waiting> waiting_;
    /// Numbers that were given up and may still come; of more, the oldest are forgotten.
    std::map<std::uint64_t, std::uint64_t> given_up_;  // last by first
    LineJoiner joiner_;
};

}  // namespace blkhang
