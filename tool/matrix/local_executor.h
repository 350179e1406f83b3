// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>

#include "base/process.h"
#include "matrix/executor.h"

namespace blkhang {

/// Cells as processes on this machine, children of this one: none outlives it.
class LocalExecutor : public Executor {
public:
    /// `program` is a blkhang; by default this one. `states`: a directory for files without a name, which hold what
    /// guests go on from that are the same as one before; empty: each boots.
    explicit LocalExecutor(std::filesystem::path states = {}, std::string program = "/proc/self/exe")
        : program_(std::move(program)), states_(std::move(states)) {}

    /// So many that each guest gets a CPU and its memory.
    [[nodiscard]] Capacity capacity(std::uint64_t cell_memory) const override;
    Result<Ticket> submit(const CellOrder& order) override;
    std::optional<int> look(Ticket ticket) override;
    void cancel(Ticket ticket, Cancel how) override;

private:
    /// The file of all cells with such a guest; -1 if there is none.
    int boot_state(const std::string& machine);

    std::string program_;
    std::filesystem::path states_;
    std::map<std::string, Fd> boot_states_;  // by machine
    std::map<Ticket, Child> children_;
    Ticket next_ = 0;
};

}  // namespace blkhang
