// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// What an executor has to know of a cell: `blkhang cell DIRECTORY` makes its record, wherever it is called.
struct CellOrder {
    std::filesystem::path directory;
    Fd log;  ///< for what that says on standard output and standard error; open until submit() returns
    bool trusts_kernels = false;  ///< may its kernel lie under a path? See matrix/foreign_kernel.h
};

/// A way to run the cells of a matrix: processes on this machine, or jobs that are handed on. It is not asked how a run
/// went, which the cell's directory tells, but whether it has ended. None of its functions waits for a cell.
class Executor {
public:
    /// A cell that was submitted, as this executor calls it: a process, the number of a job.
    using Ticket = std::uint64_t;
    enum class Cancel {
        in_good_order,  ///< the cell is told to end, and may write what it has
        at_once,        ///< whatever it is doing; its ticket is spent
    };
    struct Capacity {
        std::uint64_t cells;  ///< at once
        std::string why;      ///< no more, for people
    };

    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;  ///< takes with it what still runs

    /// How many cells it has room for, each with a guest that may come to hold this many bytes.
    [[nodiscard]] virtual Capacity capacity(std::uint64_t cell_memory) const = 0;
    /// Hands a cell on. An error means that it never started.
    virtual Result<Ticket> submit(const CellOrder& order) = 0;
    /// The exit code of a cell that has ended, as shells have it (128+N for signal N), which spends its ticket; nothing
    /// while it runs.
    virtual std::optional<int> look(Ticket ticket) = 0;
    virtual void cancel(Ticket ticket, Cancel how) = 0;
};

/// A row of the table of executors.
struct ExecutorKind {
    std::string_view name;  ///< as --executor takes it
    std::string_view help;  ///< where cells run then
    Result<std::unique_ptr<Executor>> (*make)();
};

/// All of them; the first is the default.
const std::vector<ExecutorKind>& executors();
/// An unknown name is the user's error, which lists those there are.
Result<std::unique_ptr<Executor>> make_executor(std::string_view name);

}  // namespace blkhang
