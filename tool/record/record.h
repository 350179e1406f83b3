// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.h"
#include "base/file.h"
#include "base/result.h"
#include "judge/judge.h"
#include "klog/held_locks.h"
#include "klog/kernel_log.h"
#include "record/intake.h"
#include "record/settings.h"

namespace blkhang {

/// How the machine that ran the load was last seen.
enum class Ended { orderly, lost, did_not_boot, timed_out, interrupted };
std::string_view to_string(Ended ended);
std::optional<Ended> ended_from(std::string_view name);

/// Deadlock::kind of a task that waits for what it holds itself; of tasks that make progress impossible without a lock
/// cycle; of a cycle that stood when the machine vanished.
inline constexpr std::string_view kSelfDeadlock = "self";
inline constexpr std::string_view kLivelock = "livelock";
inline constexpr std::string_view kMachineLost = "machine_lost";

/// What a run leaves behind, as in record.json. Members are named as there; `reports/record.schema.json` is the formal
/// description. Times are milliseconds from the start of the load phase (of the stream, if no load began): negative
/// before it.
struct Record {
    struct {
        Verdict value = Verdict::error;
        std::vector<std::string> reasons;
    } verdict;
    struct {
        std::string release, version, arch;
        std::map<std::string, std::string> config;  ///< CONFIG_X: y, m, n or a value; those that matter here
        std::map<std::string, std::string> fingerprints;
        std::uint64_t taint_before = 0;
        std::optional<std::uint64_t> taint_after;  ///< unknown when the machine vanished
    } kernel;
    struct {
        std::string name;
        std::optional<std::string> digest;  ///< of the settings; this and they are absent from older records
        std::optional<Settings> settings;   ///< every value, as resolved
    } profile;
    std::string plant;  ///< empty for none
    struct {
        std::string kernel;       ///< what was asked for, e.g. "deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)"
        std::string accelerator;  ///< "kvm", "tcg"; empty when the machine is not a guest
        Ended ended = Ended::orderly;
        std::string detail;                  ///< of the end, in words; may be empty
        std::uint64_t damaged_lines = 0;     ///< of the evidence stream
        std::optional<std::string> started;  ///< UTC, ISO 8601, by the clock of the host
        std::optional<double> total_s;       ///< whole run: fetching, building, booting, load, evidence
        /// "watch": the machine was only looked at, no load was made. "host": the load ran on the machine itself.
        /// Absent of runs in guests.
        std::optional<std::string> site;
        /// What was chosen for the run, and what befell its load: sentences. Absent if there is nothing to tell.
        std::optional<std::vector<std::string>> notes;
    } run;
    struct Missing {
        std::string what, why;
    };
    struct {
        std::string used;
        std::vector<std::string> attached;
        std::vector<Missing> missing;
    } tier;
    std::vector<CoverageItem> coverage;
    std::uint64_t trials = 0;
    struct Nesting {
        Scope outer, inner;
        std::uint64_t count;
        std::optional<double> first_ms;  ///< this and the rest: of the first occurrence, if it was reported
        std::optional<std::string> comm;
        std::optional<std::int32_t> pid;
        std::optional<std::uint32_t> gfp;
        std::optional<std::string> disk;  ///< that the first occurrence was about, where scopes are told apart by disk
        Stack stack;
    };
    std::vector<Nesting> nesting;
    struct Task {
        std::int32_t pid;
        std::string comm;
        std::optional<char> state;  ///< as in /proc/PID/stat
        Awaited waits_for;
        std::vector<Awaited> holds;
        Stack stack;
    };
    struct Deadlock {
        std::string kind;  ///< self, cycle, livelock, machine_lost
        double closed_ms;
        std::optional<double> lasted_ms;                ///< of a livelock
        std::optional<double> detected_ms, written_ms;  ///< proof announced; proof out of the machine
        std::vector<Task> tasks;                        ///< each waits for the next, the last for the first
        std::optional<bool> recovered_by_kill;          ///< not known unless it was tried
        std::optional<std::string> recovery;            ///< what happened when it was
    };
    std::optional<Deadlock> deadlock;
    struct Blocked {
        std::int32_t pid;
        std::string comm;
        char state;
        Stack stack;
    };
    std::vector<Blocked> blocked_tasks;  ///< found after the proof or a stall, not part of the cycle
    /// What the kernel's own detectors said.
    struct KernelMessage {
        double at_ms;
        KernelReport report;
        std::string relation;  ///< to the deadlock, in words
    };
    /// Absent from records of before they were looked for.
    std::optional<std::vector<KernelMessage>> kernel_reports;
    /// Who holds which locks, listed by lockdep once the deadlock was proven, where the kernel has it.
    struct Locks {
        double at_ms;
        std::vector<HeldLocks::Task> tasks;  ///< those that hold some
        std::uint64_t left_out;              ///< locks beyond what is kept
        bool is_off;                         ///< lockdep had switched itself off: nothing is listed
    };
    std::optional<Locks> held_locks;
    std::uint64_t lost_events = 0;
    std::optional<std::vector<Truncation>> truncated;  ///< absent if nothing was left out of the evidence
    std::map<std::string, std::uint64_t> load;
    struct Phase {
        std::string name;
        double start_ms, end_ms;
    };
    std::vector<Phase> phases;
    struct {
        std::string version, commit;
    } tool;
};

inline constexpr std::string_view kRecordSchema = "blkhang-record/1";

/// Indented JSON that ends in a newline.
std::string encode(const Record& record);
/// The same in pieces.
Status encode(const Record& record, const TakesPiece& take);
/// The reverse; the error says which member is wrong, or that another version of blkhang made it.
Result<Record> decode_record(std::string_view json);

/// Reads DIR/record.json, which may be anybody's.
Result<Record> read_record(const Directory& directory);

}  // namespace blkhang
