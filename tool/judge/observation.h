// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "judge/awaited.h"
#include "klog/stack.h"

namespace blkhang {

/// A stretch of kernel code a task is inside of. The names are those of records and reports; bpf/scopes.def says what
/// each is.
enum class Scope : std::uint8_t {
#define SCOPE(tag, name, drawn_as, calls) name,
#include "scopes.def"
};
#define SCOPE(tag, name, drawn_as, calls) +1  // NOLINT(bugprone-macro-parentheses): a term of a sum
inline constexpr int kScopeCount = 0
#include "scopes.def"
    ;
std::string_view to_string(Scope scope);
std::optional<Scope> scope_from(std::string_view name);
/// Of all scopes, in their order.
std::vector<std::string> scope_names();

namespace seen {  // what a run observes, in the order in which it goes over the wire; there, kWireName tells its type

/// First line of every stream.
struct Hello {
    static constexpr std::string_view kWireName = "hello";
    std::uint64_t at_ns;
    std::string release, version, machine;
    std::string tool_version, tool_commit;
    std::uint64_t taint;
    /// What this very kernel does, e.g. "noio_percpu_takes_mutex": "yes"; names that begin with CONFIG_ are its build
    /// options.
    std::map<std::string, std::string> fingerprints;
};
/// How well this kernel can be watched, once the probes stand.
struct Tier {
    static constexpr std::string_view kWireName = "tier";
    struct Missing {
        std::string what, why;
    };
    std::string used;
    std::vector<std::string> attached;
    std::vector<Missing> missing;
    /// The scopes that this watcher knows, by name: one that is not among them was not looked for. Older streams do not
    /// say.
    std::optional<std::vector<std::string>> scopes = {};
};
/// The phase in which the load runs: what is said about a run's length begins there.
inline constexpr std::string_view kLoadPhase = "load";
/// A field of the load: messages of the kernel that the watcher could not read; absent if there were none.
inline constexpr std::string_view kMissedMessages = "missed_messages";
/// The phase in which tasks of a proven cycle are killed.
inline constexpr std::string_view kRecoveryPhase = "recovery";
/// A phase of the run begins (and the one before it ends): boot, stage, probe, load, evidence, teardown.
struct Phase {
    static constexpr std::string_view kWireName = "phase";
    std::uint64_t at_ns;
    std::string name;
};
/// The first time that one task entered `inner` while in `outer`; where `disk` is given, the first on that disk.
struct Edge {
    static constexpr std::string_view kWireName = "edge";
    std::uint64_t at_ns;
    Scope outer, inner;
    std::int32_t pid;
    std::string comm;
    std::uint32_t gfp;  ///< of the per-CPU allocation or reclaim entered; 0 where none is known
    Stack stack;
    std::optional<std::string> disk = {};  ///< whose queue is frozen or gets the bio
};
/// Everything that is counted, cumulative since the load began. The last one received counts.
struct Counters {
    static constexpr std::string_view kWireName = "counters";
    struct EdgeCount {
        Scope outer, inner;
        std::uint64_t count;
    };
    std::uint64_t at_ns;
    std::vector<EdgeCount> edges;
    std::map<std::string, std::uint64_t> coverage;  ///< by coverage id
    std::map<std::string, std::uint64_t> load;      ///< by load field of the record
    std::uint64_t lost_events;
};
/// A task begins to wait.
struct Wait {
    static constexpr std::string_view kWireName = "wait";
    std::uint64_t at_ns;
    std::int32_t pid;
    std::string comm;
    Awaited what;
    std::int32_t holder_pid;  ///< mutex owner when the wait began, or kswapd's pid; 0 when unknown
    bool owns_percpu_mutex;   ///< the waiter itself owned pcpu_alloc_mutex when the wait began
    Stack stack;
    /// What else it held then: mutexes of a queue that others wait for; the use of a queue whose users it is one of.
    std::optional<std::vector<Awaited>> owns = {};
    std::optional<bool> reclaims = {};  ///< it waits inside reclaim that may start IO: going on, it frees memory
};
/// The wait of this task for this thing is over (whatever its outcome). If it is nothing, all are over: the task
/// exited.
struct Wake {
    static constexpr std::string_view kWireName = "wake";
    std::uint64_t at_ns;
    std::int32_t pid;
    Awaited what;
};
/// A task froze a queue, or released it. Pid 0: released by one that had not been seen to freeze it.
struct Freeze {
    static constexpr std::string_view kWireName = "freeze";
    std::uint64_t at_ns;
    std::int32_t pid;
    std::string comm;
    std::string disk;
    bool frozen;
};
/// Time passes and the watcher is alive; lets the judge decide that a cycle persists. Everything that happened before
/// `at_ns` has been reported: take the time first, then drain the ring buffer, then send the tick.
struct Tick {
    static constexpr std::string_view kWireName = "tick";
    std::uint64_t at_ns;
};
/// The watcher's own announcement: the cycle's waits and the frozen queues that it goes over, told (again) in one
/// observation, so that nothing else is needed to judge it. It proves nothing that they do not.
struct Proof {
    static constexpr std::string_view kWireName = "proof";
    std::uint64_t closed_ns, detected_ns;
    std::optional<std::vector<Wait>> waits = {};
    std::optional<std::vector<Freeze>> freezes = {};
};
/// The announcement of the proof and the waits behind it had left the machine at this time.
struct ProofWritten {
    static constexpr std::string_view kWireName = "proof_written";
    std::uint64_t at_ns;
};
/// A task as it was found by looking at it: blocked, or one of those that were asked about, whatever it did.
struct BlockedTask {
    static constexpr std::string_view kWireName = "task";
    std::int32_t pid;
    std::string comm;
    char state;
    Stack stack;
    std::optional<std::uint64_t> at_ns = {};  ///< when it was looked at; older streams do not say
};
/// A task of the proven cycle was sent SIGKILL: what ends from now on may have ended by that.
struct Kill {
    static constexpr std::string_view kWireName = "kill";
    std::uint64_t at_ns;
    std::int32_t pid;
};
/// The tasks of the cycle were killed; did the machine live on?
struct Recovery {
    static constexpr std::string_view kWireName = "recovery";
    std::uint64_t at_ns;
    bool recovered;
    std::string detail;
};
/// The kernel or machine lacks what the profile needs. All reasons, not the first.
struct Unsupported {
    static constexpr std::string_view kWireName = "unsupported";
    std::vector<std::string> reasons;
};
/// blkhang or its guest broke.
struct Failure {
    static constexpr std::string_view kWireName = "failure";
    std::string message;
};
/// What was chosen for the run at hand, or befell its load, and whoever reads its record has to know: a sentence.
struct Note {
    static constexpr std::string_view kWireName = "note";
    std::uint64_t at_ns;
    std::string text;
};
/// A message of the kernel log.
struct Kmsg {
    static constexpr std::string_view kWireName = "kmsg";
    std::uint64_t at_ns;
    int level;
    std::string text;
};
/// The run ended in good order. Its absence means that the machine vanished.
struct End {
    static constexpr std::string_view kWireName = "end";
    std::uint64_t at_ns;
    std::uint64_t taint;
};

}  // namespace seen

using Observation =
    std::variant<seen::Hello, seen::Tier, seen::Phase, seen::Edge, seen::Counters, seen::Wait, seen::Wake, seen::Tick,
                 seen::Proof, seen::ProofWritten, seen::BlockedTask, seen::Recovery, seen::Unsupported, seen::Failure,
                 seen::Kmsg, seen::End, seen::Freeze, seen::Kill, seen::Note>;

/// When it was so, or was found to be; 0 for what tells no time of its own.
std::uint64_t time_of(const Observation& observation);

}  // namespace blkhang
