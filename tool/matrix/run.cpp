// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/clock.h"
#include "base/signals.h"
#include "build_version.h"
#include "matrix/display.h"
#include "matrix/limits.h"
#include "matrix/outcome.h"
#include "matrix/prepare.h"
#include "matrix/scheduler.h"
#include "profile/resolve.h"
#include "record/files.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kSavedForNoLessThan = 200;  // times as long as saving takes: all results, each time
constexpr std::uint64_t kQemuItself = 128U << 20U;  // bytes, beside the guest's memory

/// All that one guest may come to hold, its disks included: they are in memory.
std::uint64_t memory_of(const GuestPlan& plan) {
    std::uint64_t bytes = plan.memory + kQemuItself;
    for (const std::uint64_t size : plan.disks) {
        bytes += size;
    }
    return bytes;
}

/// As many as were asked for, if the executor has room for them.
std::uint32_t affordable_jobs(std::uint32_t wanted, const std::map<std::string, GuestPlan>& guests,
                              const Executor& executor) {
    std::uint64_t largest = 1;
    for (const auto& [profile, guest] : guests) {
        largest = std::max(largest, memory_of(guest));
    }
    const auto capacity = executor.capacity(largest);
    const std::uint64_t most = std::max<std::uint64_t>(1, capacity.cells);
    if (wanted > most) {
        spdlog::warn("{} guests at once instead of {}: {}", most, wanted, capacity.why);
    }
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, most));
}

/// The run of one matrix: which cells have a result, which are still to be run.
class MatrixRun {
public:
    MatrixRun(const MatrixDirectory& directory, const std::vector<Profile>& profiles, Executor& executor,
              Progress::Kind progress)
        : directory_(directory),
          executor_(executor),
          guests_(guests_of(profiles)),
          planned_(plan_cells(directory.request(), profiles)),
          display_(STDERR_FILENO, progress, planned_) {
        matrix_.started = utc_now();
        matrix_.planned = static_cast<std::uint32_t>(planned_.size());
        matrix_.calibrate = directory.request().calibrate;
        matrix_.tool = {kVersion, kCommit};
        for (const Cell& cell : planned_) {
            places_.emplace(cell.id, places_.size());
        }
    }

    Result<Matrix> run() {
        const auto ready = prepare(still_to_run());
        if (!ready) {
            return fail(ready.error());
        }
        // A queue of its own is given all of them, unless somebody wants fewer at once.
        const bool all = executor_.is_queue() && directory_.request().jobs == MatrixRequest{}.jobs;
        matrix_.jobs =
            all ? std::max(1U, matrix_.planned) : affordable_jobs(directory_.request().jobs, guests_, executor_);
        run_cells(
            *ready, {.jobs = matrix_.jobs}, executor_, [this](const Cell& cell) { return plan_of(cell); },
            {[this](const Cell& cell) { display_.started(cell); },
             [this](const Cell& cell, const CellExit& exit) { ended(cell, exit); }, [this] { display_.passing(); }});
        if (auto saved = save(); !saved) {
            return fail(saved.error());
        }
        return std::move(matrix_);
    }

private:
    void settle(CellResult result) {
        display_.ended(result);
        const std::size_t place = places_.at(result.id);
        results_[place] = std::move(result);
    }

    void settle(const Cell& cell, const Record& record) {
        if (record.profile.digest && record.profile.settings) {
            matrix_.profiles.try_emplace(*record.profile.digest, *record.profile.settings);
        }
        settle(result_of(cell, record));
    }

    /// What is on disk already becomes a result, or a cell that keeps its kernel.
    std::vector<Cell> still_to_run() {
        std::vector<Cell> missing;
        for (const Cell& planned : planned_) {
            const auto stored = directory_.cell(planned.id);
            if (!stored) {
                settle(result_without_record(planned, stored.error().message()));
                continue;
            }
            Cell cell = *stored ? **stored : planned;
            cell.calibrated_by = planned.calibrated_by;  // one that was planned by an older blkhang may not say
            if (cell.id != planned.id || cell.subject != planned.subject || cell.repeat != planned.repeat ||
                cell.loads_node() != planned.loads_node()) {
                settle(result_without_record(planned, "damaged cell: its cell.json is that of another one"));
                continue;
            }
            const auto record = directory_.finished(cell.id);
            if (!record) {
                settle(result_without_record(
                    cell, fmt::format("{}; to run it again, remove that file", record.error().message())));
            } else if (*record) {
                settle(cell, **record);
            } else {
                missing.push_back(cell);
            }
        }
        return missing;
    }

    Result<std::vector<Cell>> prepare(const std::vector<Cell>& missing) {
        auto prepared = prepare_cells(missing, [this](const std::string& kernel) { display_.preparing(kernel); });
        for (const Cell& cell : missing) {
            if (const auto refused = prepared.refused.find(cell.id);
                refused != prepared.refused.end() && !interrupted()) {
                settle(result_without_record(cell, refused->second));
            }
        }
        std::vector<Cell> ready;
        for (Cell& cell : prepared.cells) {
            auto stored = directory_.clear_attempt(cell.id).and_then([&] { return directory_.add(cell); });
            if (stored) {
                ready.push_back(std::move(cell));
            } else {
                settle(result_without_record(cell, stored.error().message()));
            }
        }
        if (auto flushed = directory_.directory().flush(); !flushed) {
            return fail(flushed.error());
        }
        return ready;
    }

    [[nodiscard]] Result<CellPlan> plan_of(const Cell& cell) const {
        auto log = directory_.new_log(cell.id);
        if (!log) {
            return fail(log.error());
        }
        const GuestPlan& guest = guests_.at(cell.subject.profile);
        const auto limit = cell_limit(directory_.request(), guest);
        return CellPlan{
            {directory_.cell_path(cell.id), std::move(*log), directory_.trusts_kernels(), limit, memory_of(guest),
             cell.loads_node(), fmt::format("{}\n{}\n{}", cell.pinned, cell.subject.plant, cell.profile_toml)},
            limit};
    }

    void ended(const Cell& cell, const CellExit& exit) {
        const auto record = directory_.finished(cell.id);
        if (record && *record) {
            settle(cell, **record);
        } else if (exit.how != CellExit::How::interrupted) {
            settle(result_without_record(cell,
                                         record ? explain(exit, directory_.log(cell.id)) : record.error().message()));
        }
        if (monotonic_ns() < saved_ns_ + kSavedForNoLessThan * saving_ns_) {
            return;  // whoever looks sees a little less; the end is saved in any case
        }
        if (auto saved = save(); !saved) {
            spdlog::warn("{}", saved.error().message());
        }
    }

    /// Also between cells, so that whoever looks sees how far it is.
    Status save() {
        const auto began_ns = monotonic_ns();
        matrix_.ended = utc_now();
        matrix_.cells.clear();
        for (const auto& [place, result] : results_) {
            matrix_.cells.push_back(result);
        }
        auto saved = directory_.directory().replace(files::kMatrix,
                                                    [&](const TakesPiece& take) { return encode(matrix_, take); });
        saved_ns_ = monotonic_ns();
        saving_ns_ = saved_ns_ - began_ns;
        return saved;
    }

    const MatrixDirectory& directory_;
    Executor& executor_;
    std::map<std::string, GuestPlan> guests_;  // by profile
    std::vector<Cell> planned_;
    Matrix matrix_;
    std::unordered_map<std::string, std::size_t> places_;  // of planned cells, by id
    std::map<std::size_t, CellResult> results_;            // by place
    std::uint64_t saved_ns_ = 0, saving_ns_ = 0;           // when last, and how long it took
    MatrixDisplay display_;
};

}  // namespace

Result<Matrix> run_matrix(const MatrixDirectory& directory, Executor& executor, Progress::Kind progress) {
    auto profiles = resolve_profiles(directory.request().profiles, changes_of(directory.request()));
    if (!profiles) {
        return fail(profiles.error());
    }
    return MatrixRun(directory, *profiles, executor, progress).run();
}

}  // namespace blkhang
