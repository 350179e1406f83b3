// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_executor.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/units.h"
#include "base/words.h"
#include "lab/cache.h"
#include "matrix/directory.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMostFailures = 2;                // handed on again as often
constexpr auto kBetweenTries = std::chrono::seconds(10);  // to submit what the cluster does not take
constexpr auto kBetweenPictures = std::chrono::seconds(1);
constexpr std::size_t kTasksPerSecond = 2000;                  // of pictures: a large queue is looked at less often
constexpr auto kUntilFilesAreSeen = std::chrono::seconds(60);  // on another machine, through NFS
constexpr int kNothingShared = 66;                             // EX_NOINPUT of sysexits.h
constexpr int kGivenUp = 255;
constexpr std::size_t kLargestList = std::size_t{64} << 20U;
constexpr const char* kBelow = "slurm";
constexpr const char* kAttempts = "attempts";
constexpr const char* kProgram = "blkhang";
constexpr const char* kExit = "exit";

/// Runs the cell of one task. Its exit code is the last that it writes, so that whoever finds it finds all.
constexpr std::string_view kScript = R"(#!/bin/sh
# blkhang: a task of array $1 of a matrix, whose folder `slurm` this runs in; $2 is the cache of kernels, $3 may be an option.
attempt=attempts/$1-$SLURM_ARRAY_TASK_ID
[ -r "$attempt/cell.json" ] && [ -x ./blkhang ] || exit 66
[ -d "$2" ] && export XDG_CACHE_HOME="$2"
echo "job ${SLURM_JOB_ID:-?} on node ${SLURMD_NODENAME:-?}" >"$attempt/cell.log"
./blkhang cell "$attempt" --color never ${3:+"$3"} >>"$attempt/cell.log" 2>&1 &
cell=$!
trap 'kill -TERM $cell 2>/dev/null' TERM INT
wait $cell
code=$?
while kill -0 $cell 2>/dev/null; do
    wait $cell
    code=$?
done
echo $code >"$attempt/exit.part" && mv "$attempt/exit.part" "$attempt/exit"
)";

std::string name_of(const fs::path& directory) { return "blkhang-" + content_key(directory.string()).substr(0, 16); }

/// States in which a job is over (squeue(1), JOB STATE CODES); one that is not known is none of them.
constexpr auto kOver =
    std::to_array<std::string_view>({"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL",
                                     "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"});

std::uint64_t to_ns(std::chrono::seconds span) { return static_cast<std::uint64_t>(span.count()) * kNsPerS; }

std::optional<int> exit_code_in(const fs::path& attempt) {
    const auto text = read_file(attempt / kExit);
    if (!text) {
        return std::nullopt;
    }
    return number_in<int>(stripped(*text));
}

/// Has it a record that counts? One that is damaged does not: the cell is run again.
bool has_record(const fs::path& attempt) {
    const auto record = Directory::open(attempt).and_then(finished_record);
    return record && *record;
}

void copy_if_there(const fs::path& from, const fs::path& to, const char* name) {
    std::error_code ignored;
    fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing, ignored);
}

}  // namespace

SlurmExecutor::SlurmExecutor(fs::path directory, std::vector<std::string> extra, std::uint32_t largest_array)
    : directory_(std::move(directory)),
      extra_(std::move(extra)),
      name_(name_of(directory_)),
      largest_array_(std::max(1U, largest_array)) {}

Result<std::unique_ptr<Executor>> SlurmExecutor::make(const fs::path& directory,
                                                      const std::vector<std::string>& extra) {
    const auto largest = slurm::largest_array();
    if (!largest) {
        return fail(largest.error());
    }
    std::unique_ptr<SlurmExecutor> executor(new SlurmExecutor(directory, extra, *largest));
    std::error_code failed;
    const fs::path below = directory / kBelow;
    fs::create_directories(below / kAttempts, failed);
    // Beside it first: tasks of somebody who submitted before us may be running the one that is there.
    if (!failed &&
        fs::copy_file("/proc/self/exe", below / "blkhang.part", fs::copy_options::overwrite_existing, failed)) {
        fs::rename(below / "blkhang.part", below / kProgram, failed);
    }
    if (failed) {
        return fail(Fault::broken, fmt::format("{}: {}", below.string(), failed.message()));
    }
    if (auto taken = executor->take_over(); !taken) {
        return fail(taken.error());
    }
    return std::unique_ptr<Executor>(std::move(executor));
}

SlurmExecutor::~SlurmExecutor() {
    if (!cells_.empty() && !killed_) {
        (void)slurm::cancel(name_, cancelled_);
    }
}

fs::path SlurmExecutor::attempt_path(const slurm::Task& task) const {
    return directory_ / kBelow / kAttempts / fmt::format("{}-{}", task.comment, task.index);
}

Status SlurmExecutor::take_over() {
    const auto active = slurm::active(name_);
    if (!active) {
        return fail(active.error());
    }
    active_ = *active;
    std::set<std::uint32_t> arrays;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(directory_ / kBelow, failed)) {
        if (const auto array = number_in<std::uint32_t>(entry.path().filename().string())) {
            arrays.insert(*array);
        }
    }
    for (const std::uint32_t number : arrays) {
        next_array_ = number + 1;
        const std::string array = std::to_string(number);
        const auto ids = read_file(directory_ / kBelow / array, kLargestList);
        if (!ids) {
            return fail(ids.error());
        }
        std::uint32_t index = 0;
        for (const std::string& id : parts_of(*ids, '\n')) {
            before_us_[id].push_back({{array, index++}, 0});
        }
    }
    return {};
}

Executor::Capacity SlurmExecutor::capacity(std::uint64_t /*cell_memory*/) const {
    return {UINT32_MAX, "Slurm has them wait"};
}

Result<Executor::Ticket> SlurmExecutor::submit(const CellOrder& order) {
    Cell cell;
    cell.directory = order.directory;
    cell.trusts_kernels = order.trusts_kernels;
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    cell.memory_mib = static_cast<std::uint32_t>((order.memory + kMiB - 1) / kMiB);
    cell.minutes = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::minutes>(order.limit).count());
    if (const auto before = before_us_.find(order.directory.filename().string()); before != before_us_.end()) {
        cell.attempts = before->second;
    }
    for (const Attempt& attempt : cell.attempts) {
        const bool counts = active_.contains(attempt.task) ||
                            (exit_code_in(attempt_path(attempt.task)) && has_record(attempt_path(attempt.task)));
        cell.waits = cell.waits && !counts;
    }
    any_waits_ = any_waits_ || cell.waits;
    cells_.emplace(++next_, std::move(cell));
    return next_;
}

void SlurmExecutor::submit_waiting() {
    any_waits_ = false;
    // One array has the same limits for all of its tasks.
    std::map<std::tuple<std::uint32_t, std::uint32_t, bool>, std::vector<Ticket>> groups;
    for (const auto& [ticket, cell] : cells_) {
        if (cell.waits) {
            groups[{cell.minutes, cell.memory_mib, cell.trusts_kernels}].push_back(ticket);
        }
    }
    for (const auto& [limits, tickets] : groups) {
        for (std::size_t from = 0; from < tickets.size(); from += largest_array_) {
            const auto to = std::min<std::size_t>(tickets.size(), from + largest_array_);
            const std::vector<Ticket> some(tickets.begin() + static_cast<std::ptrdiff_t>(from),
                                           tickets.begin() + static_cast<std::ptrdiff_t>(to));
            if (auto done = submit_array(some); !done) {
                put_off(some, done.error());
            }
        }
    }
    pictured_ns_ = 0;
}

void SlurmExecutor::put_off(const std::vector<Ticket>& tickets, const Error& error) {
    if (slurm::is_passing(error)) {
        if (submitted_ns_ == 0) {
            spdlog::warn("{}; cells are handed on later", error.message());
        }
        submitted_ns_ = monotonic_ns();
        any_waits_ = true;
        return;
    }
    for (const Ticket ticket : tickets) {
        Cell& cell = cells_.at(ticket);
        cell.waits = false;
        cell.failures = kMostFailures;
        give_up(cell, error.message());
    }
}

Status SlurmExecutor::submit_array(const std::vector<Ticket>& tickets) {
    const std::string array = std::to_string(next_array_++);
    std::string ids;
    std::uint32_t index = 0;
    for (const Ticket ticket : tickets) {
        const Cell& cell = cells_.at(ticket);
        ids += cell.directory.filename().string() + "\n";
        const fs::path attempt = attempt_path({array, index++});
        std::error_code failed;
        fs::create_directory(attempt, failed);
        if (!failed) {
            // Whoever was killed before the array had its list has left one of that number.
            fs::copy_file(cell.directory / kCellFile, attempt / kCellFile, fs::copy_options::overwrite_existing,
                          failed);
        }
        if (failed) {
            return fail(Fault::broken, fmt::format("{}: {}", attempt.string(), failed.message()));
        }
    }
    if (auto written = write_file(directory_ / kBelow / array, ids); !written) {
        return written;
    }
    const Cell& first = cells_.at(tickets.front());
    slurm::Array order;
    order.name = name_;
    order.comment = array;
    order.directory = directory_ / kBelow;
    order.script = kScript;
    const auto cache = cache_directory();
    order.arguments = {array, cache ? cache->parent_path().string() : ""};
    if (first.trusts_kernels) {
        order.arguments.emplace_back("--trust-kernels");
    }
    order.tasks = static_cast<std::uint32_t>(tickets.size());
    order.minutes = first.minutes;
    order.memory_mib = first.memory_mib;
    order.extra = extra_;
    const auto job = slurm::submit(order);
    if (!job) {
        // Its number is not used again: if Slurm has taken it after all, its tasks find nothing there.
        std::error_code ignored;
        fs::remove(directory_ / kBelow / array, ignored);
        for (index = 0; index < order.tasks; ++index) {
            fs::remove_all(attempt_path({array, index}), ignored);
        }
        return fail(job.error());
    }
    index = 0;
    for (const Ticket ticket : tickets) {
        Cell& cell = cells_.at(ticket);
        cell.attempts.push_back({{array, index++}, *job});
        cell.waits = false;
        cell.missed_since_ns = 0;
    }
    return {};
}

void SlurmExecutor::refresh() {
    const auto between = kBetweenPictures * (1 + cells_.size() / kTasksPerSecond);
    if (pictured_ns_ != 0 && monotonic_ns() < pictured_ns_ + to_ns(between)) {
        return;
    }
    pictured_ns_ = monotonic_ns();
    auto active = slurm::active(name_);
    if (!active) {
        spdlog::warn("{}; its jobs go on meanwhile", active.error().message());
        return;
    }
    active_ = std::move(*active);
    ++picture_;
}

std::optional<int> SlurmExecutor::publish(const Cell& cell) {
    for (const Attempt& attempt : cell.attempts) {
        const fs::path path = attempt_path(attempt.task);
        const auto code = exit_code_in(path);
        if (!code || !has_record(path)) {
            continue;
        }
        // Whoever is killed on the way leaves the attempt whole, and the cell without a record: it is done again.
        for (const char* name :
             {files::kEvents, files::kConsole, files::kKmsg, files::kProfile, files::kKernelConfig, kCellLog}) {
            copy_if_there(path, cell.directory, name);
        }
        std::error_code ignored;
        fs::rename(path / files::kRecord, cell.directory / files::kRecord, ignored);
        fs::remove_all(path, ignored);
        return code;
    }
    return std::nullopt;
}

int SlurmExecutor::give_up(const Cell& cell, const std::string& reason) const {
    (void)write_file(cell.directory / kCellLog, fmt::format("Slurm: {}\n", reason));
    return kGivenUp;
}

/// Its task is over, and it has not said how.
std::optional<int> SlurmExecutor::end_without_exit(Cell& cell) {
    const Attempt& attempt = cell.attempts.back();
    slurm::End end;
    if (attempt.job != 0) {
        const auto told = slurm::end_of(attempt.job, attempt.task.index);
        if (!told) {
            return std::nullopt;
        }
        end = *told;
    }
    // The picture of the queue may be older than the task.
    if (!end.state.empty() && std::ranges::find(kOver, end.state) == kOver.end()) {
        return std::nullopt;
    }
    if (end.exit_code == kNothingShared) {
        return give_up(cell, fmt::format("node {} does not see {}: the nodes need a directory that all share", end.node,
                                         directory_.string()));
    }
    // A script that came to its end has written the file, which may take a while to be seen here.
    const bool came_to_its_end = end.state == "COMPLETED" || end.state.empty();
    cell.missed_since_ns = cell.missed_since_ns != 0 ? cell.missed_since_ns : monotonic_ns();
    if (came_to_its_end && monotonic_ns() < cell.missed_since_ns + to_ns(kUntilFilesAreSeen)) {
        return std::nullopt;
    }
    const std::string reason = fmt::format("{}{}", end.state.empty() ? "the job is gone" : end.state,
                                           end.node.empty() ? "" : fmt::format(" on node {}", end.node));
    if (cancelled_ || cell.failures >= kMostFailures) {
        return give_up(cell,
                       cell.failures == 0 ? reason : fmt::format("{}, tried {}", reason, times(cell.failures + 1)));
    }
    ++cell.failures;
    spdlog::warn("cell {}: {}; it is handed on again", cell.directory.filename().string(), reason);
    cell.waits = any_waits_ = true;
    return std::nullopt;
}

std::optional<int> SlurmExecutor::end(Cell& cell) {
    if (auto code = publish(cell)) {
        return code;
    }
    const auto code = exit_code_in(attempt_path(cell.attempts.back().task));
    if (!code) {
        return end_without_exit(cell);
    }
    copy_if_there(attempt_path(cell.attempts.back().task), cell.directory, kCellLog);
    return code;
}

std::optional<int> SlurmExecutor::look(Ticket ticket) {
    const bool later = submitted_ns_ != 0 && monotonic_ns() < submitted_ns_ + to_ns(kBetweenTries);
    if (any_waits_ && !cancelled_ && !later) {
        submit_waiting();
    }
    refresh();
    Cell& cell = cells_.at(ticket);
    if (cell.looked == picture_) {
        return std::nullopt;
    }
    cell.looked = picture_;
    std::optional<int> code;
    if (cell.attempts.empty() || cell.waits) {
        // Never handed on, or not again.
        code = cancelled_ || cell.failures >= kMostFailures ? std::optional(kGivenUp) : std::nullopt;
    } else if (!active_.contains(cell.attempts.back().task)) {
        code = end(cell);
    }
    if (code) {
        cells_.erase(ticket);
    }
    return code;
}

void SlurmExecutor::cancel(Ticket ticket, Cancel how) {
    // Who is told to end is told with all the others: an interrupt.
    if (!cancelled_ || (how == Cancel::at_once && !killed_)) {
        cancelled_ = true;
        killed_ = how == Cancel::at_once;
        if (auto told = slurm::cancel(name_, killed_); !told) {
            spdlog::warn("{}; to cancel them: scancel --name {}", told.error().message(), name_);
        }
    }
    if (how == Cancel::at_once) {
        cells_.erase(ticket);
    }
}

}  // namespace blkhang
