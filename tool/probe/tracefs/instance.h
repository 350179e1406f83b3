// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "probe/tracefs/ring.h"

namespace blkhang {

/// The static tracepoints that watchers use, below events/.
inline constexpr std::string_view kTaskFreed = "sched/sched_process_free";
inline constexpr std::string_view kTaskForked = "sched/sched_process_fork";
inline constexpr std::string_view kTaskRenamed = "task/task_rename";  ///< 3.4

/// Where the kernel keeps tracefs, and the files that say whether it may be used.
struct TraceRoots {
    std::filesystem::path sys = "/sys";
    std::filesystem::path proc = "/proc";
};

/// A tracer of our own: an instance where the kernel has instances (3.10), else its only one, if nobody uses that.
/// Gone with all its events when it goes out of scope.
class TraceInstance {
public:
    /// Silent. The error says why this kernel cannot be traced.
    static Result<TraceInstance> make(const TraceRoots& roots = {});
    TraceInstance(TraceInstance&& other) noexcept;
    TraceInstance& operator=(TraceInstance&&) = delete;
    TraceInstance(const TraceInstance&) = delete;
    TraceInstance& operator=(const TraceInstance&) = delete;
    ~TraceInstance();

    /// A probe: `kind` is "p" or "r", with the number of returns under way that are seen ("r512"). It is switched on.
    Status add_probe(std::string_view kind, const std::string& name, std::string_view function,
                     const std::string& fetches);
    void remove_probe(const std::string& name);
    /// A static tracepoint, "sched/sched_process_fork": switched on.
    Status add_tracepoint(const std::string& event);
    /// What its records are made of.
    [[nodiscard]] Result<RecordFormat> format_of_probe(const std::string& name) const;
    [[nodiscard]] Result<RecordFormat> format_of(const std::string& event) const;
    /// As the kernel describes it.
    [[nodiscard]] Result<std::string> format_text_of(const std::string& event) const;
    /// Begins and stops to record.
    Status record(bool on);
    /// Room for events, on each CPU.
    Status resize(std::uint64_t kib_per_cpu);
    /// Time stamps are of CLOCK_MONOTONIC from now on. False if this kernel cannot (before 3.17), and then they are
    /// of a clock that runs alike on all CPUs.
    bool use_monotonic_clock();

    /// Opens what missed() and unrecorded() read, so that they open nothing.
    Status prepare_to_look();
    /// Events that were not recorded because others were being recorded, on all CPUs; those that a full buffer had no
    /// room for are told by its pages.
    [[nodiscard]] std::uint64_t unrecorded() const;
    /// By the name of a probe: how often the kernel passed it over, and those of that name that others have, which the
    /// kernel does not tell apart. So it falls when others take theirs away.
    [[nodiscard]] std::map<std::string, std::uint64_t> missed() const;

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    TraceInstance(std::filesystem::path tracefs, std::filesystem::path directory, std::string group)
        : tracefs_(std::move(tracefs)), directory_(std::move(directory)), group_(std::move(group)) {}
    [[nodiscard]] bool is_shared() const { return tracefs_ == directory_; }
    void keep_setting(const char* file, std::string setting);
    void note_no_names();

    std::filesystem::path tracefs_;
    std::filesystem::path directory_;  ///< of the instance; empty when moved from
    std::string group_;                ///< of the probes
    std::vector<std::string> probes_;
    std::vector<std::string> tracepoints_;
    std::vector<std::pair<std::filesystem::path, std::string>> former_;  ///< what its files said before
    std::vector<Fd> stats_;
    Fd profile_;
};

/// Removes what watchers have left behind that were killed, and nothing else.
void remove_orphaned_instances(const TraceRoots& roots);

}  // namespace blkhang
