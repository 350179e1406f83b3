// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <chrono>
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
    bool trusts_kernels = false;        ///< may its kernel lie under a path? See matrix/foreign_kernel.h
    std::chrono::milliseconds limit{};  ///< that it may run; see Executor::is_queue()
    std::uint64_t memory = 0;           ///< bytes that its guest may come to hold
    bool on_node = false;               ///< its load runs on the node itself, which it has for itself
    std::string machine = {};           ///< names its guest: cells of the same name have one and the same
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
    /// Is it a queue of its own, in which cells wait for their turn, and which ends those that run beyond their limit?
    /// It is given all that there are at once.
    [[nodiscard]] virtual bool is_queue() const { return false; }
    /// Hands a cell on. An error means that it never started.
    virtual Result<Ticket> submit(const CellOrder& order) = 0;
    /// Goes on with what it does between cells. Whether look() may say anything new: a queue of thousands is not asked
    /// about each of them when nothing was heard of any.
    virtual bool has_news() { return true; }
    /// The exit code of a cell that has ended, as shells have it (128+N for signal N), which spends its ticket; nothing
    /// while it runs.
    virtual std::optional<int> look(Ticket ticket) = 0;
    virtual void cancel(Ticket ticket, Cancel how) = 0;
};

/// How nodes get what a cell needs, and how its record comes back.
enum class NodeFiles {
    automatic,  ///< shared; streamed from when a node has said that it does not see the directory
    shared,     ///< the matrix's directory is seen by the nodes under the same path
    streamed,   ///< over the standard input and output of srun, see matrix/node_stream.h
};
inline constexpr std::array<std::string_view, 3> kNodeFilesWords{"auto", "shared", "streamed"};

/// What the user wants of Slurm.
struct SlurmWishes {
    std::vector<std::string> args;   ///< options for sbatch and srun
    std::optional<NodeFiles> files;  ///< nothing: automatic
};

/// What an executor may need.
struct ExecutorSite {
    std::filesystem::path directory;  ///< of the matrix, absolute
    SlurmWishes slurm;
    bool reuses_boots = false;  ///< of cells with the same guest only the first boots
};

/// A row of the table of executors.
struct ExecutorKind {
    std::string_view name;  ///< as --executor takes it
    std::string_view help;  ///< where cells run then
    /// Can it be had? Before anything is written.
    Status (*check)(const SlurmWishes& slurm);
    bool reuses_boots;  ///< can it?
    Result<std::unique_ptr<Executor>> (*make)(const ExecutorSite& site);
};

/// All of them; the first is the default.
const std::vector<ExecutorKind>& executors();
/// An unknown name is the user's error, which lists those there are.
Result<const ExecutorKind*> find_executor(std::string_view name);

}  // namespace blkhang
