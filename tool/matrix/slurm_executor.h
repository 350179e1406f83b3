// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "matrix/executor.h"
#include "matrix/slurm.h"
#include "matrix/slurm_folder.h"
#include "matrix/slurm_jobs.h"
#include "matrix/slurm_picture.h"

namespace blkhang {

/// Cells as tasks of Slurm's job arrays, or as a job of srun each; what it writes lies in a SlurmFolder.
///
/// An attempt whose task is over with a record becomes the cell's own record, the first of them; any other stays where
/// it is. So nothing is lost with the machine that submits: whoever resumes finds the arrays' tasks in Slurm and their
/// attempts here. A task that Slurm ended (its node failed, it was preempted, its time or memory was over) is handed on
/// again, twice at most; then its cell.log ends with Slurm's reason.
class SlurmExecutor : public Executor {
public:
    /// `directory` of the matrix, absolute; `extra` are options for sbatch and srun, which take them.
    static Result<std::unique_ptr<Executor>> make(const std::filesystem::path& directory,
                                                  const std::vector<std::string>& extra,
                                                  NodeFiles files = NodeFiles::automatic);
    ~SlurmExecutor() override;

    [[nodiscard]] Capacity capacity(std::uint64_t cell_memory) const override;
    [[nodiscard]] bool is_queue() const override { return true; }
    Result<Ticket> submit(const CellOrder& order) override;
    bool has_news() override;
    std::optional<int> look(Ticket ticket) override;
    void cancel(Ticket ticket, Cancel how) override;

private:
    /// A task that was submitted for a cell.
    struct Attempt {
        slurm::Task task;
        std::uint64_t job = 0;  ///< 0: of somebody who submitted before us, or not known yet
        bool streamed = false;
        std::set<std::string> not_on = {};  ///< nodes that it was not to be run on
    };
    struct Cell {
        std::filesystem::path directory;
        SlurmNeeds needs;
        std::vector<Attempt> attempts;  ///< the latest last; none: to be submitted
        bool waits = true;              ///< to be submitted, once more perhaps
        std::uint32_t failures = 0;
        std::uint64_t looked = 0;           ///< at which of the queue's pictures
        std::uint64_t missed_since_ns = 0;  ///< its task is over, and `exit` is not seen yet; 0: no
        bool streams = false;               ///< its last attempt is one of running_streams_
        std::string refused = {};           ///< why a node did not take it
    };

    SlurmExecutor(std::filesystem::path directory, SlurmFolder folder, const std::vector<std::string>& extra,
                  NodeFiles files, std::uint32_t largest_array);
    Status take_over();  ///< what somebody else has submitted for this matrix
    void go_on();        ///< hands on what waits, and has the picture
    void submit_waiting();
    /// An array was not taken: its cells wait a little, or are given up.
    void put_off(const std::vector<Ticket>& tickets, const Error& error);
    Status submit_array(const SlurmNeeds& needs, const std::vector<Ticket>& tickets);
    void start_streams();
    Status start_stream(Ticket ticket);
    void watch_stream(const Cell& cell) const;  ///< ends one that sends without end
    /// An srun that had not come to slurmctld yet when all jobs were cancelled begins one all the same.
    void cancel_latecomers();
    void hand_on_again(Ticket ticket, Cell& cell);
    std::optional<int> end(Ticket ticket, Cell& cell);
    std::optional<int> overtaken(const Cell& cell);  ///< by an earlier attempt, whose node was only away
    std::optional<int> end_without_exit(Ticket ticket, Cell& cell, const std::string& damage);
    [[nodiscard]] Result<slurm::End> end_of(const Attempt& attempt) const;
    /// A node did not take the cell: others get it, or it is given up.
    std::optional<int> refused_by(Ticket ticket, Cell& cell, const std::string& node, const std::string& reason);
    /// The exit code of an attempt that is over with a record that counts, which becomes the cell's; nothing: no.
    std::optional<int> publish(const Cell& cell);
    int give_up(const Cell& cell, const std::string& reason) const;

    std::filesystem::path directory_;  ///< of the matrix
    SlurmFolder folder_;               ///< in that
    NodeFiles files_;
    std::string name_;  ///< of all its jobs
    std::uint32_t largest_array_;
    std::map<std::string, std::vector<Attempt>> before_us_;  ///< by cell id
    std::map<Ticket, Cell> cells_;
    Ticket next_ = 0;
    SlurmJobs jobs_;
    SlurmPicture queue_;
    std::deque<Ticket> streams_wait_;
    std::uint32_t running_streams_ = 0;
    std::list<Child> starters_;  ///< of streams
    /// Jobs, once each, for a second SIGTERM ends a cell at once; nothing: none is, or nobody knows which.
    std::optional<std::set<std::uint64_t>> told_to_end_;
    std::set<std::string> not_on_;    ///< nodes that cannot run cells
    std::uint64_t told_picture_ = 0;  ///< by has_news()
    std::uint64_t submitted_ns_ = 0;  ///< when that was tried last and failed; 0: never
    bool any_waits_ = false, cancelled_ = false, killed_ = false;
};

}  // namespace blkhang
