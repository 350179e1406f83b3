// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_executor.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/number.h"
#include "base/units.h"
#include "base/words.h"
#include "lab/cache.h"
#include "matrix/directory.h"
#include "matrix/node_stream.h"
#include "matrix/slurm_attempt.h"
#include "matrix/slurm_refusal.h"
#include "matrix/slurm_scripts.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMostFailures = 2;                     // handed on again as often
constexpr auto kBetweenTries = std::chrono::seconds(10);       // to submit what the cluster does not take
constexpr auto kUntilFilesAreSeen = std::chrono::seconds(60);  // on another machine, through NFS
constexpr std::uint32_t kMostStreams = 64;                     // at once: an srun each, here
constexpr int kGivenUp = 255;

std::string name_of(const fs::path& directory) { return "blkhang-" + content_key(directory.string()).substr(0, 16); }

std::uint64_t to_ns(std::chrono::seconds span) { return static_cast<std::uint64_t>(span.count()) * kNsPerS; }

}  // namespace

SlurmExecutor::SlurmExecutor(fs::path directory, SlurmFolder folder, const std::vector<std::string>& extra,
                             NodeFiles files, std::uint32_t largest_array)
    : directory_(std::move(directory)),
      folder_(std::move(folder)),
      files_(files),
      name_(name_of(directory_)),
      largest_array_(std::max(1U, largest_array)),
      jobs_(name_, extra, folder_),
      queue_(name_) {}

Result<std::unique_ptr<Executor>> SlurmExecutor::make(const fs::path& directory, const std::vector<std::string>& extra,
                                                      NodeFiles files) {
    const auto largest = slurm::largest_array();
    if (!largest) {
        return fail(largest.error());
    }
    auto folder = SlurmFolder::open(directory);
    if (!folder) {
        return fail(folder.error());
    }
    std::unique_ptr<SlurmExecutor> executor(new SlurmExecutor(directory, std::move(*folder), extra, files, *largest));
    if (auto taken = executor->take_over(); !taken) {
        return fail(taken.error());
    }
    return std::unique_ptr<Executor>(std::move(executor));
}

SlurmExecutor::~SlurmExecutor() {
    if (!cells_.empty() && !killed_) {
        (void)slurm::cancel(name_, cancelled_);
    }
    if (cells_.empty()) {
        jobs_.remove_bundles();
    }
}

Status SlurmExecutor::take_over() {
    if (auto asked = queue_.ask(); !asked) {
        return asked;
    }
    const auto before = folder_.tasks_before_us();
    if (!before) {
        return fail(before.error());
    }
    for (const auto& [id, tasks] : *before) {
        for (const slurm::Task& task : tasks) {
            before_us_[id].push_back({task, 0, is_there(folder_.attempt(task) / attempt_files::kLock)});
        }
    }
    // What nobody takes in any more is of no use: the machine that did so was switched off.
    const auto jobs = slurm::jobs_of(name_);
    if (!jobs) {
        return fail(jobs.error());
    }
    for (const auto& [job, comment] : *jobs) {
        const fs::path attempt = folder_.attempt({comment, 0});
        if (number_in<std::uint32_t>(comment) && is_there(attempt / attempt_files::kLock) && !is_taken_in(attempt)) {
            (void)slurm::cancel(job);
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
    cell.needs.trusts_kernels = order.trusts_kernels;
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    cell.needs.memory_mib = static_cast<std::uint32_t>((order.memory + kMiB - 1) / kMiB);
    cell.needs.minutes = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::minutes>(order.limit).count());
    cell.needs.on_node = order.on_node;
    if (const auto before = before_us_.find(order.directory.filename().string()); before != before_us_.end()) {
        cell.attempts = before->second;
    }
    for (const Attempt& attempt : cell.attempts) {
        const fs::path path = folder_.attempt(attempt.task);
        const bool streams = attempt.streamed && is_taken_in(path);
        if (attempt.streamed && !streams) {
            (void)settle_stream(path);
        }
        const bool counts = streams || queue_.shows(attempt.task) || (exit_code_in(path) && has_record(path));
        cell.waits = cell.waits && !counts;
        cell.streams = streams;  // of the last of them
        running_streams_ += streams && &attempt == &cell.attempts.back() ? 1 : 0;
    }
    const bool waits = cell.waits;
    Cell& kept = cells_.emplace(++next_, std::move(cell)).first->second;
    if (waits) {
        hand_on_again(next_, kept);
    }
    return next_;
}

void SlurmExecutor::hand_on_again(Ticket ticket, Cell& cell) {
    cell.waits = true;
    for (const Attempt& attempt : cell.attempts) {
        const auto node = begun_on(folder_.attempt(attempt.task));
        cell.needs.only_on = node.empty() ? cell.needs.only_on : node;
    }
    if (files_ == NodeFiles::streamed) {
        streams_wait_.push_back(ticket);
    } else {
        any_waits_ = true;
    }
}

void SlurmExecutor::start_streams() {
    while (!streams_wait_.empty() && running_streams_ < kMostStreams) {
        const Ticket ticket = streams_wait_.front();
        streams_wait_.pop_front();
        if (!cells_.contains(ticket) || !cells_.at(ticket).waits) {
            continue;
        }
        if (auto started = start_stream(ticket); !started) {
            put_off({ticket}, started.error());
        }
    }
}

Status SlurmExecutor::start_stream(Ticket ticket) {
    Cell& cell = cells_.at(ticket);
    auto started = jobs_.start_stream(cell.needs, cell.directory, not_on_);
    if (!started) {
        return fail(started.error());
    }
    starters_.push_back(std::move(started->starter));
    cell.attempts.push_back({started->task, 0, true, not_on_});
    cell.waits = false;
    cell.missed_since_ns = 0;
    cell.streams = true;
    ++running_streams_;
    return {};
}

void SlurmExecutor::watch_stream(const Cell& cell) const {
    const fs::path attempt = folder_.attempt(cell.attempts.back().task);
    if (is_endless(attempt)) {
        if (const auto job = node_of(attempt / attempt_files::kStream).job) {
            (void)slurm::cancel(*job);
        }
    }
}

void SlurmExecutor::submit_waiting() {
    any_waits_ = false;
    std::map<SlurmNeeds, std::vector<Ticket>> groups;
    for (const auto& [ticket, cell] : cells_) {
        if (cell.waits && files_ != NodeFiles::streamed) {
            groups[cell.needs].push_back(ticket);
        }
    }
    for (const auto& [needs, tickets] : groups) {
        for (std::size_t from = 0; from < tickets.size(); from += largest_array_) {
            const auto to = std::min<std::size_t>(tickets.size(), from + largest_array_);
            const std::vector<Ticket> some(tickets.begin() + static_cast<std::ptrdiff_t>(from),
                                           tickets.begin() + static_cast<std::ptrdiff_t>(to));
            if (auto done = submit_array(needs, some); !done) {
                put_off(some, done.error());
            }
        }
    }
    queue_.outdate();
}

void SlurmExecutor::put_off(const std::vector<Ticket>& tickets, const Error& error) {
    if (slurm::is_passing(error)) {
        if (submitted_ns_ == 0) {
            spdlog::warn("{}; cells are handed on later", error.message());
        }
        submitted_ns_ = monotonic_ns();
        for (const Ticket ticket : tickets) {
            hand_on_again(ticket, cells_.at(ticket));
        }
        return;
    }
    for (const Ticket ticket : tickets) {
        Cell& cell = cells_.at(ticket);
        cell.waits = false;
        cell.attempts.clear();
        cell.failures = kMostFailures;
        // Once no node is left that takes it, what the last one said tells more.
        give_up(cell, cell.refused.empty() ? error.message() : cell.refused);
    }
}

Status SlurmExecutor::submit_array(const SlurmNeeds& needs, const std::vector<Ticket>& tickets) {
    std::vector<fs::path> cells;
    cells.reserve(tickets.size());
    for (const Ticket ticket : tickets) {
        cells.push_back(cells_.at(ticket).directory);
    }
    const auto array = jobs_.submit_array(needs, cells, not_on_);
    if (!array) {
        return fail(array.error());
    }
    std::uint32_t index = 0;
    for (const Ticket ticket : tickets) {
        Cell& cell = cells_.at(ticket);
        cell.attempts.push_back({{array->number, index++}, array->job, false, not_on_});
        cell.waits = false;
        cell.missed_since_ns = 0;
    }
    return {};
}

std::optional<int> SlurmExecutor::publish(const Cell& cell) {
    for (const Attempt& attempt : cell.attempts) {
        const fs::path path = folder_.attempt(attempt.task);
        const auto code = exit_code_in(path);
        if (!code || !has_record(path)) {
            continue;
        }
        const auto published = publish_attempt(path, cell.directory);
        return published ? code : give_up(cell, published.error().message());
    }
    return std::nullopt;
}

int SlurmExecutor::give_up(const Cell& cell, const std::string& reason) const {
    write_log(cell.directory, fmt::format("Slurm: {}\n", reason));
    return kGivenUp;
}

Result<slurm::End> SlurmExecutor::end_of(const Attempt& attempt) const {
    if (!attempt.streamed) {
        return attempt.job == 0 ? Result<slurm::End>(slurm::End{}) : slurm::end_of(attempt.job, attempt.task.index);
    }
    const fs::path path = folder_.attempt(attempt.task);
    const NodeStream node = node_of(path / attempt_files::kStream);
    if (!node.job) {
        return slurm::End{};
    }
    auto end = slurm::end_of(*node.job, std::nullopt);
    if (end) {
        end->node = node.node;
    }
    return end;
}

std::optional<int> SlurmExecutor::refused_by(Ticket ticket, Cell& cell, const std::string& node,
                                             const std::string& reason) {
    const bool was_excluded = cell.attempts.back().not_on.contains(node);
    if (was_excluded || node.empty()) {
        return give_up(cell, reason);
    }
    if (not_on_.insert(node).second) {
        spdlog::warn("{}; cells go to other nodes, if there are any", reason);
    }
    cell.refused = reason;
    hand_on_again(ticket, cell);
    return std::nullopt;
}

/// Its task is over, and it has not said how.
std::optional<int> SlurmExecutor::end_without_exit(Ticket ticket, Cell& cell, const std::string& damage) {
    if (cancelled_) {
        return kGivenUp;  // to ask for each how it ended takes minutes for thousands
    }
    const Attempt& attempt = cell.attempts.back();
    const auto told = end_of(attempt);
    if (!told) {
        return std::nullopt;
    }
    const slurm::End& end = *told;
    // The picture of the queue may be older than the task.
    if (!end.state.empty() && !slurm::is_over(end)) {
        return std::nullopt;
    }
    const fs::path path = folder_.attempt(attempt.task);
    const std::string said = attempt.streamed ? cause_said_in(path) : "";
    const slurm::HandedOn handed_on{directory_, path / kCellLog, jobs_.machine(), attempt.streamed, said};
    if (end.exit_code == slurm::kNothingShared && files_ == NodeFiles::shared) {
        return refused_by(ticket, cell, end.node, slurm::refusal_without_directory(end, handed_on));
    }
    if (end.exit_code == slurm::kNothingShared) {
        if (files_ != NodeFiles::streamed) {
            spdlog::warn(
                "node {} does not see {}: what cells need is sent to nodes by srun, and their records come back "
                "that way; --slurm-files streamed does so from the start",
                end.node, directory_.string());
            files_ = NodeFiles::streamed;
            for (auto& [other, each] : cells_) {
                if (each.waits) {
                    hand_on_again(other, each);
                }
            }
        }
        hand_on_again(ticket, cell);
        return std::nullopt;
    }
    if (const auto reason = slurm::refusal(end, handed_on); !reason.empty()) {
        return refused_by(ticket, cell, end.node, reason);
    }
    // A script that came to its end has written the file, which may take a while to be seen here.
    const bool came_to_its_end = !attempt.streamed && (end.state == "COMPLETED" || end.state.empty());
    cell.missed_since_ns = cell.missed_since_ns != 0 ? cell.missed_since_ns : monotonic_ns();
    if (came_to_its_end && monotonic_ns() < cell.missed_since_ns + to_ns(kUntilFilesAreSeen)) {
        return std::nullopt;
    }
    std::string how = end.state.empty() ? (said.empty() ? "the job is gone" : said) : end.state;
    if (!damage.empty()) {
        how = damage;
    }
    const std::string reason = fmt::format("{}{}", how, end.node.empty() ? "" : fmt::format(" on node {}", end.node));
    if (cell.failures >= kMostFailures) {
        return give_up(cell,
                       cell.failures == 0 ? reason : fmt::format("{}, tried {}", reason, times(cell.failures + 1)));
    }
    ++cell.failures;
    spdlog::warn("cell {}: {}; it is handed on again", cell.directory.filename().string(), reason);
    hand_on_again(ticket, cell);
    return std::nullopt;
}

std::optional<int> SlurmExecutor::end(Ticket ticket, Cell& cell) {
    std::string damage;
    if (cell.attempts.back().streamed) {
        damage = settle_stream(folder_.attempt(cell.attempts.back().task));
        running_streams_ -= cell.streams ? 1 : 0;
        cell.streams = false;
    }
    if (auto code = publish(cell)) {
        return code;
    }
    const auto code = exit_code_in(folder_.attempt(cell.attempts.back().task));
    if (!code) {
        return end_without_exit(ticket, cell, damage);
    }
    publish_log(folder_.attempt(cell.attempts.back().task), cell.directory);
    return code;
}

std::optional<int> SlurmExecutor::overtaken(const Cell& cell) {
    if (cell.attempts.size() < 2) {
        return std::nullopt;
    }
    const auto code = publish(cell);
    if (const Attempt& last = cell.attempts.back(); code && last.job != 0) {
        (void)slurm::cancel(last.job, last.task.index);
    }
    return code;
}

void SlurmExecutor::go_on() {
    const bool later = submitted_ns_ != 0 && monotonic_ns() < submitted_ns_ + to_ns(kBetweenTries);
    if (any_waits_ && !cancelled_ && !later) {
        submit_waiting();
    }
    if (!cancelled_ && !later) {
        start_streams();
    }
    std::erase_if(starters_, [](Child& starter) { return starter.poll().has_value(); });
    const auto picture = queue_.number();
    queue_.refresh(cells_.size());
    if (told_to_end_ && running_streams_ != 0 && queue_.number() != picture) {
        cancel_latecomers();
    }
}

void SlurmExecutor::cancel_latecomers() {
    const auto jobs = slurm::jobs_of(name_);
    if (!jobs) {
        return;  // asked again with the next picture
    }
    for (const auto& [job, comment] : *jobs) {
        if (told_to_end_->insert(job).second) {
            (void)slurm::cancel(job);
        }
    }
}

bool SlurmExecutor::has_news() {
    go_on();
    return std::exchange(told_picture_, queue_.number()) != queue_.number();
}

std::optional<int> SlurmExecutor::look(Ticket ticket) {
    go_on();
    Cell& cell = cells_.at(ticket);
    if (cell.looked == queue_.number()) {
        return std::nullopt;
    }
    cell.looked = queue_.number();
    std::optional<int> code;
    if (cell.attempts.empty() || cell.waits) {
        // Never handed on, or not again.
        code = cancelled_ || cell.failures >= kMostFailures ? std::optional(kGivenUp) : std::nullopt;
    } else if (const Attempt& last = cell.attempts.back(); last.streamed) {
        if (is_taken_in(folder_.attempt(last.task))) {
            watch_stream(cell);
        } else {
            code = end(ticket, cell);
        }
    } else {
        code = queue_.shows(last.task) ? overtaken(cell) : end(ticket, cell);
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
        if (const auto jobs = slurm::jobs_of(name_)) {
            told_to_end_.emplace();
            for (const auto& [job, comment] : *jobs) {
                told_to_end_->insert(job);
            }
        }
        if (auto told = slurm::cancel(name_, killed_); !told) {
            spdlog::warn("{}; to cancel them: scancel --name {}", told.error().message(), name_);
        }
    }
    if (how == Cancel::at_once) {
        cells_.erase(ticket);
    }
}

}  // namespace blkhang
