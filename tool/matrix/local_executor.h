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
    /// `program` is a blkhang; by default this one.
    explicit LocalExecutor(std::string program = "/proc/self/exe") : program_(std::move(program)) {}

    /// So many that each guest gets a CPU and its memory.
    [[nodiscard]] Capacity capacity(std::uint64_t cell_memory) const override;
    Result<Ticket> submit(const CellOrder& order) override;
    std::optional<int> look(Ticket ticket) override;
    void cancel(Ticket ticket, Cancel how) override;

private:
    std::string program_;
    std::map<Ticket, Child> children_;
    Ticket next_ = 0;
};

}  // namespace blkhang
