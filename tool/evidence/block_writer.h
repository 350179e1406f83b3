// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "evidence/block_outlet.h"
#include "judge/observation.h"

namespace blkhang {

/// Who writes: stands in every block.
struct WriterIdentity {
    EvidenceId boot{}, run{};
    std::string host;  ///< made fit for a block

    /// Of this machine and this boot, and of a run that begins now.
    static Result<WriterIdentity> of_this_machine();
};

/// Takes lines from whoever sees something, and has a thread of its own put them out in blocks, with a sign of life
/// each second. Nobody waits for that thread: where it is stuck, lines are lost once its queue is full, and counted.
///
/// The thread uses memory that is locked, allocates nothing, and starts no IO by reclaiming (PR_SET_IO_FLUSHER). That
/// the program's own text stays in memory is for the process to see to (run/survive.h).
class BlockWriter {
public:
    /// Puts out a first sign of life before it returns, so that a way out that does not work is known now.
    static Result<std::unique_ptr<BlockWriter>> start(std::unique_ptr<BlockOutlet> outlet, WriterIdentity identity);
    BlockWriter(const BlockWriter&) = delete;
    BlockWriter& operator=(const BlockWriter&) = delete;
    BlockWriter(BlockWriter&&) = delete;
    BlockWriter& operator=(BlockWriter&&) = delete;
    /// Waits a second for what is still in the queue. A thread that is stuck in the kernel by then is left behind, with
    /// all that it uses.
    ~BlockWriter();

    /// Without the newline. False: it was lost.
    bool put(std::string_view line, Weight weight);
    /// Goes before all that waits in the queue.
    bool put_first(std::string_view line);

    struct State {
        std::uint64_t lost = 0;          ///< lines that found no room
        std::uint64_t failures = 0;      ///< blocks that the way out refused
        int last_errno = 0;              ///< of the last such failure
        std::uint64_t in_flight_ns = 0;  ///< since when the present one is being put out; 0: none is
    };
    [[nodiscard]] State state() const;
    /// What is not as it should be, such as memory that could not be locked, or a way out that fails by now.
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const;

private:
    struct Thread;
    explicit BlockWriter(std::unique_ptr<Thread> thread);
    std::unique_ptr<Thread> thread_;
};

}  // namespace blkhang
