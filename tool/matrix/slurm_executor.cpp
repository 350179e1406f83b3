// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_executor.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/replace.h"
#include "base/uname.h"
#include "base/units.h"
#include "base/words.h"
#include "lab/cache.h"
#include "matrix/cell.h"
#include "matrix/directory.h"
#include "matrix/node_stream.h"
#include "matrix/slurm_attempt.h"
#include "matrix/slurm_refusal.h"
#include "matrix/slurm_scripts.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMostFailures = 2;                // handed on again as often
constexpr auto kBetweenTries = std::chrono::seconds(10);  // to submit what the cluster does not take
constexpr auto kBetweenPictures = std::chrono::seconds(1);
constexpr std::size_t kTasksPerSecond = 2000;                  // of pictures: a large queue is looked at less often
constexpr auto kUntilFilesAreSeen = std::chrono::seconds(60);  // on another machine, through NFS
constexpr std::uint32_t kMostStreams = 64;                     // at once: an srun each, here
constexpr int kGivenUp = 255;
constexpr std::uint32_t kMinutesBesideLoad = 15;  // for what was cut off before, and for undoing
constexpr std::size_t kLargestList = std::size_t{64} << 20U;
constexpr std::size_t kLargestProgram = std::size_t{1} << 30U;
constexpr std::uint32_t kLastArray = 1'000'000'000;
constexpr std::size_t kMostTasks = 1'000'000;  // of all arrays: what is handed on again stands in one more each time
constexpr const char* kBelow = "slurm";
constexpr const char* kAttempts = "attempts";
constexpr const char* kProgram = "blkhang";
constexpr const char* kTrust = "--trust-kernels";

std::string name_of(const fs::path& directory) { return "blkhang-" + content_key(directory.string()).substr(0, 16); }

/// States in which a job is over (squeue(1), JOB STATE CODES); one that is not known is none of them.
constexpr auto kOver =
    std::to_array<std::string_view>({"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL",
                                     "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"});

std::uint64_t to_ns(std::chrono::seconds span) { return static_cast<std::uint64_t>(span.count()) * kNsPerS; }

/// In a matrix that may be a stranger's: over no link. An earlier one is exchanged, for tasks of somebody who submitted
/// before us may be running it.
Status put_program(const Directory& folder) {
    const auto program = read_file("/proc/self/exe", kLargestProgram);
    return program ? replace_at(folder.descriptor(), kProgram, *program, {.mode = 0755}) : fail(program.error());
}

/// What `blkhang run` takes.
Status write_load(const fs::path& cell, const fs::path& attempt) {
    const auto planned = Directory::open(cell).and_then(read_cell);
    return planned ? write_file(attempt / slurm::kLoadProfile, planned->profile_toml) : fail(planned.error());
}

}  // namespace

SlurmExecutor::SlurmExecutor(fs::path directory, std::vector<std::string> extra, NodeFiles files,
                             std::uint32_t largest_array)
    : directory_(std::move(directory)),
      extra_(std::move(extra)),
      files_(files),
      name_(name_of(directory_)),
      machine_(uname_here().machine),
      largest_array_(std::max(1U, largest_array)) {}

Result<std::unique_ptr<Executor>> SlurmExecutor::make(const fs::path& directory, const std::vector<std::string>& extra,
                                                      NodeFiles files) {
    const auto largest = slurm::largest_array();
    if (!largest) {
        return fail(largest.error());
    }
    std::unique_ptr<SlurmExecutor> executor(new SlurmExecutor(directory, extra, files, *largest));
    const auto folder =
        Directory::open(directory).and_then([](const Directory& each) { return each.make_below(kBelow); });
    const auto attempts = folder.and_then([](const Directory& each) { return each.make_below(kAttempts); });
    if (!attempts) {
        return fail(attempts.error());
    }
    if (auto put = put_program(*folder); !put) {
        return fail_within(put.error(), (folder->path() / kProgram).string());
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
    std::error_code ignored;
    for (const auto& [what, bundle] : bundles_) {
        if (cells_.empty()) {
            fs::remove(bundle.file, ignored);
        }
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
    const auto folder = Directory::open(directory_ / kBelow);
    if (!folder) {
        return fail(folder.error());
    }
    std::set<std::uint32_t> arrays;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder->path(), failed)) {
        if (const auto array = number_in<std::uint32_t>(entry.path().filename().string());
            array && *array < kLastArray) {
            arrays.insert(*array);
        }
    }
    std::size_t tasks = 0;
    for (const std::uint32_t number : arrays) {
        next_array_ = number + 1;
        const std::string array = std::to_string(number);
        const auto ids = folder->read(array, kLargestList);
        if (!ids) {
            return fail(ids.error());
        }
        std::uint32_t index = 0;
        for (const std::string& id : parts_of(*ids, '\n')) {
            const slurm::Task task{array, index++};
            if (auto fit = check_attempt(attempt_path(task)); !fit || ++tasks > kMostTasks) {
                return fit ? fail(Fault::usage,
                                  fmt::format("{}: more than {} tasks", folder->path().string(), kMostTasks))
                           : fit;
            }
            before_us_[id].push_back({task, 0, is_there(attempt_path(task) / attempt_files::kLock)});
        }
    }
    // What nobody takes in any more is of no use: the machine that did so was switched off.
    const auto jobs = slurm::jobs_of(name_);
    if (!jobs) {
        return fail(jobs.error());
    }
    for (const auto& [job, comment] : *jobs) {
        const fs::path attempt = attempt_path({comment, 0});
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
    cell.trusts_kernels = order.trusts_kernels;
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    cell.memory_mib = static_cast<std::uint32_t>((order.memory + kMiB - 1) / kMiB);
    cell.minutes = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::minutes>(order.limit).count());
    cell.on_node = order.on_node;
    if (const auto before = before_us_.find(order.directory.filename().string()); before != before_us_.end()) {
        cell.attempts = before->second;
    }
    for (const Attempt& attempt : cell.attempts) {
        const fs::path path = attempt_path(attempt.task);
        const bool streams = attempt.streamed && is_taken_in(path);
        if (attempt.streamed && !streams) {
            (void)settle_stream(path);
        }
        const bool counts = streams || active_.contains(attempt.task) || (exit_code_in(path) && has_record(path));
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
        const auto node = begun_on(attempt_path(attempt.task));
        cell.only_on = node.empty() ? cell.only_on : node;
    }
    if (files_ == NodeFiles::streamed) {
        streams_wait_.push_back(ticket);
    } else {
        any_waits_ = true;
    }
}

slurm::Terms SlurmExecutor::terms_of(const Cell& cell, const std::string& comment) const {
    slurm::Terms terms;
    terms.name = name_;
    terms.comment = comment;
    terms.minutes = cell.minutes + (cell.on_node ? kMinutesBesideLoad : 0);
    terms.memory_mib = cell.memory_mib;
    terms.whole_node = cell.on_node;
    terms.only_on = cell.only_on;
    terms.not_on = not_on_;
    terms.extra = extra_;
    return terms;
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

Result<const NodeBundle*> SlurmExecutor::bundle(const Cell& cell) {
    const auto planned = Directory::open(cell.directory).and_then(read_cell);
    if (!planned) {
        return fail(planned.error());
    }
    const std::pair key{planned->pinned, planned->subject.plant};
    if (const auto found = bundles_.find(key); found != bundles_.end()) {
        return &found->second;
    }
    const fs::path below = directory_ / kBelow;
    auto made = bundle_for(*planned, below / kProgram, below);
    return made ? Result<const NodeBundle*>(&bundles_.emplace(key, std::move(*made)).first->second)
                : fail(made.error());
}

Status SlurmExecutor::start_stream(Ticket ticket) {
    Cell& cell = cells_.at(ticket);
    const auto packed = bundle(cell);
    auto planned = Directory::open(cell.directory).and_then(read_cell);
    if (!packed || !planned) {
        return fail(packed ? planned.error() : packed.error());
    }
    planned->pinned = (*packed)->pinned;
    const std::string text = encode(*planned);
    const slurm::Task task{std::to_string(next_array_++), 0};
    const fs::path attempt = attempt_path(task);
    auto written = begin_attempt(attempt).and_then([&] { return write_file(attempt / kCellFile, text); }).and_then([&] {
        return write_file(directory_ / kBelow / task.comment, cell.directory.filename().string() + "\n");
    });
    if (!written) {
        return written;
    }
    const auto lock = FileLock::try_acquire(attempt / attempt_files::kLock);
    if (!lock || !*lock) {
        return fail(lock ? Error(Fault::broken, fmt::format("{} is locked", attempt.string())) : lock.error());
    }
    slurm::Streamed job;
    job.terms = terms_of(cell, task.comment);
    job.script = slurm::streamed_script();
    job.arguments = {machine_, std::to_string((*packed)->bytes), std::to_string(text.size()), names_in_streams()};
    if (cell.trusts_kernels || (*packed)->has_files) {
        job.arguments.emplace_back(kTrust);
    }
    job.first = (*packed)->file;
    job.second = attempt / kCellFile;
    job.out = attempt / attempt_files::kStream;
    job.err = attempt / attempt_files::kSaid;
    job.kept_open = (*lock)->descriptor();
    auto started = slurm::start(job);
    if (!started) {
        return fail(started.error());
    }
    starters_.push_back(std::move(*started));
    cell.attempts.push_back({task, 0, true, not_on_});
    cell.waits = false;
    cell.missed_since_ns = 0;
    cell.streams = true;
    ++running_streams_;
    return {};
}

void SlurmExecutor::watch_stream(const Cell& cell) const {
    const fs::path attempt = attempt_path(cell.attempts.back().task);
    if (is_endless(attempt)) {
        if (const auto job = node_of(attempt / attempt_files::kStream).job) {
            (void)slurm::cancel(*job);
        }
    }
}

void SlurmExecutor::submit_waiting() {
    any_waits_ = false;
    // One array has the same terms for all of its tasks.
    std::map<std::tuple<std::uint32_t, std::uint32_t, bool, bool, std::string>, std::vector<Ticket>> groups;
    for (const auto& [ticket, cell] : cells_) {
        if (cell.waits && files_ != NodeFiles::streamed) {
            groups[{cell.minutes, cell.memory_mib, cell.trusts_kernels, cell.on_node, cell.only_on}].push_back(ticket);
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

Status SlurmExecutor::submit_array(const std::vector<Ticket>& tickets) {
    const std::string array = std::to_string(next_array_++);
    std::string ids;
    std::uint32_t index = 0;
    for (const Ticket ticket : tickets) {
        const Cell& cell = cells_.at(ticket);
        ids += cell.directory.filename().string() + "\n";
        const fs::path attempt = attempt_path({array, index++});
        if (auto begun = begin_attempt(attempt); !begun) {
            return begun;
        }
        std::error_code failed;
        if (fs::copy_file(cell.directory / kCellFile, attempt / kCellFile, failed); failed) {
            return fail(Fault::broken, fmt::format("{}: {}", attempt.string(), failed.message()));
        }
        if (auto written = cell.on_node ? write_load(cell.directory, attempt) : Status{}; !written) {
            return written;
        }
    }
    if (auto written = write_file(directory_ / kBelow / array, ids); !written) {
        return written;
    }
    const Cell& first = cells_.at(tickets.front());
    slurm::Array order;
    order.terms = terms_of(first, array);
    order.arguments = {array, (directory_ / kBelow).string()};
    if (first.on_node) {
        order.script = slurm::loading_script();
        order.arguments.insert(order.arguments.end(), {machine_, slurm::kNodeOffer, slurm::kNodeBegun,
                                                       std::to_string(std::uint64_t{first.minutes} * 60)});
    } else {
        order.script = slurm::array_script();
        const auto cache = cache_directory();
        order.arguments.insert(order.arguments.end(), {cache ? cache->parent_path().string() : "", machine_});
        if (first.trusts_kernels) {
            order.arguments.emplace_back(kTrust);
        }
    }
    order.tasks = static_cast<std::uint32_t>(tickets.size());
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
        cell.attempts.push_back({{array, index++}, *job, false, not_on_});
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
    std::erase_if(starters_, [](Child& starter) { return starter.poll().has_value(); });
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
    const fs::path path = attempt_path(attempt.task);
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
    if (!end.state.empty() && std::ranges::find(kOver, end.state) == kOver.end()) {
        return std::nullopt;
    }
    const fs::path path = attempt_path(attempt.task);
    const std::string said = attempt.streamed ? cause_said_in(path) : "";
    const slurm::HandedOn handed_on{directory_, path / kCellLog, machine_, attempt.streamed, said};
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
        damage = settle_stream(attempt_path(cell.attempts.back().task));
        running_streams_ -= cell.streams ? 1 : 0;
        cell.streams = false;
    }
    if (auto code = publish(cell)) {
        return code;
    }
    const auto code = exit_code_in(attempt_path(cell.attempts.back().task));
    if (!code) {
        return end_without_exit(ticket, cell, damage);
    }
    publish_log(attempt_path(cell.attempts.back().task), cell.directory);
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
    refresh();
}

bool SlurmExecutor::has_news() {
    go_on();
    return std::exchange(told_picture_, picture_) != picture_;
}

std::optional<int> SlurmExecutor::look(Ticket ticket) {
    go_on();
    Cell& cell = cells_.at(ticket);
    if (cell.looked == picture_) {
        return std::nullopt;
    }
    cell.looked = picture_;
    std::optional<int> code;
    if (cell.attempts.empty() || cell.waits) {
        // Never handed on, or not again.
        code = cancelled_ || cell.failures >= kMostFailures ? std::optional(kGivenUp) : std::nullopt;
    } else if (const Attempt& last = cell.attempts.back(); last.streamed) {
        if (is_taken_in(attempt_path(last.task))) {
            watch_stream(cell);
        } else {
            code = end(ticket, cell);
        }
    } else {
        code = active_.contains(last.task) ? overtaken(cell) : end(ticket, cell);
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
