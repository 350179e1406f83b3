// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What is taken from a guest, or read of what one left behind, at most. A guest that misbehaves, by a kernel that
/// writes into the wrong memory or on purpose, costs neither this machine's memory nor its disk, and what it drowns is
/// not the proof: each kind of evidence has room of its own. Whatever is left out is counted, and the record says so.
///
/// Measured: in a run of one minute no kind comes near a tenth of its room. Together events, console, kernel log and
/// record stay below 64 MiB on disk, and the program that watches the guest below 64 MiB of memory.
namespace blkhang::limits {

/// Bytes of one line of the stream. The longest are proofs: each of their waits has a stack of up to 127 frames, some
/// 6 KiB. A JSON text of this length takes at most some 4 MiB once it is parsed.
inline constexpr std::size_t kLine = std::size_t{64} << 10U;
/// Bytes of one line of the console, of which the last and the telling ones are remembered. The kernel's have 1 KiB.
inline constexpr std::size_t kConsoleLine = std::size_t{4} << 10U;
/// Bytes of console.log. A boot with everything printed takes 100 KiB, a stack of every task 1 MiB.
inline constexpr std::size_t kConsole = std::size_t{16} << 20U;
/// Bytes of what QEMU itself says: it explains a start that failed in a line or two.
inline constexpr std::size_t kQemuMessages = std::size_t{4} << 10U;
/// Bytes read from a guest before anything else is looked at, such as its deadline or an interrupt.
inline constexpr std::size_t kReadAtOnce = std::size_t{256} << 10U;

/// Bytes of a line of most types of event, and of a name in it. A wait with 127 frames has some 6 KiB; a symbol at most
/// 512 bytes.
inline constexpr std::size_t kShortLine = std::size_t{16} << 10U;
inline constexpr std::size_t kName = 512;
/// Bytes of what is written for people. Messages of the kernel log have at most 8 KiB.
inline constexpr std::size_t kText = std::size_t{8} << 10U;
/// Elements of one list or object in an event. A kernel's stack has at most 127 frames, the largest object is that of
/// the coverage, with some 30 counters.
inline constexpr std::size_t kElements = 256;

/// How much of one type of event is kept.
struct Quota {
    std::string_view type;  ///< as member "t" names it
    std::uint64_t lines;
    std::uint64_t bytes;
    std::size_t line = kShortLine;  ///< bytes of one
    std::size_t text = kName;       ///< bytes of one string in it
    bool grows = false;             ///< there are more of them the longer the load runs
    bool tells_waits = false;       ///< without it, it is unknown who waits for whom
};
/// Lines that are no event that we know.
inline constexpr std::string_view kUnknownType = "other";
inline constexpr std::array<Quota, 20> kQuotas{{
    {.type = "hello", .lines = 4, .bytes = 64U << 10U, .line = kLine, .text = kText},
    {.type = "tier", .lines = 4, .bytes = 128U << 10U, .line = kLine, .text = kText},
    {.type = "phase", .lines = 64, .bytes = 16U << 10U},
    {.type = "edge", .lines = 1024, .bytes = 1U << 20U},
    {.type = "counters", .lines = 4096, .bytes = 8U << 20U, .line = kLine, .grows = true, .tells_waits = true},
    {.type = "tick", .lines = 16384, .bytes = 1U << 20U, .grows = true},
    {.type = "wait", .lines = 16384, .bytes = 4U << 20U, .grows = true, .tells_waits = true},
    {.type = "wake", .lines = 16384, .bytes = 2U << 20U, .grows = true, .tells_waits = true},
    {.type = "freeze", .lines = 16384, .bytes = 2U << 20U, .grows = true, .tells_waits = true},
    {.type = "task", .lines = 1024, .bytes = 1U << 20U, .tells_waits = true},
    {.type = "proof", .lines = 16, .bytes = 512U << 10U, .line = kLine, .tells_waits = true},
    {.type = "proof_written", .lines = 16, .bytes = 2U << 10U},
    {.type = "kill", .lines = 64, .bytes = 8U << 10U, .tells_waits = true},
    {.type = "recovery", .lines = 16, .bytes = 64U << 10U, .text = kText, .tells_waits = true},
    {.type = "unsupported", .lines = 16, .bytes = 64U << 10U, .text = kText},
    {.type = "failure", .lines = 64, .bytes = 64U << 10U, .text = kText},
    {.type = "note", .lines = 256, .bytes = 64U << 10U, .text = kText},
    {.type = "kmsg", .lines = 16384, .bytes = 4U << 20U, .text = kText, .grows = true},
    {.type = "end", .lines = 1, .bytes = 1U << 10U},
    {.type = kUnknownType, .lines = 256, .bytes = 256U << 10U, .tells_waits = true},
}};
/// The quota of a type, or of what is of none.
constexpr const Quota& quota_of(std::string_view type) {
    for (const Quota& quota : kQuotas) {
        if (quota.type == type) {
            return quota;
        }
    }
    return kQuotas.back();
}
/// The length of load that they are made for; of a longer one, what grows may be as many times larger.
inline constexpr std::chrono::minutes kLoad{10};
constexpr std::uint64_t growth(std::chrono::seconds load) {
    return load < kLoad ? 1 : static_cast<std::uint64_t>((load + kLoad) / kLoad);
}
/// Bytes that the quotas leave to all events of a run with so long a load.
constexpr std::uint64_t bytes_of_events(std::chrono::seconds load) {
    std::uint64_t bytes = 0;
    for (const Quota& quota : kQuotas) {
        bytes += quota.bytes * (quota.grows ? growth(load) : 1);
    }
    return bytes;
}

/// Waits that are followed at once. A guest has a few hundred tasks.
inline constexpr std::size_t kOpenWaits = 1024;
/// Request queues whose freezes are followed, and tasks that freeze one at once.
inline constexpr std::size_t kQueues = 256;
inline constexpr std::size_t kFreezers = 256;

/// Tasks of a circle that are told in words, and those whose stacks a record keeps. Real circles have up to four.
inline constexpr std::size_t kTasksInWords = 16;
inline constexpr std::size_t kTasksWithStacks = 64;

/// Bytes of a line of the kernel log in which reports are looked for: printk's own limit.
inline constexpr std::size_t kKernelLine = 1024;
/// Reports of the kernel's detectors that a record keeps, bytes of the lines that they are made from in all, and tasks,
/// locks and frames of one. The largest of lockdep have 8 KiB.
inline constexpr std::size_t kReports = 256;
inline constexpr std::size_t kReportBytes = std::size_t{512} << 10U;
inline constexpr std::size_t kReportParts = 1024;

/// What a story of a freeze keeps of the logs that it is read from: looks at tasks (a host has some ten thousand, each
/// shown in every dump), their frames and held locks in all and of one (a kernel's stack has at most 127 frames, a task
/// holds at most 48 locks under lockdep), what was complained of. A frame takes some 150 bytes.
inline constexpr std::size_t kLogTasks = 50'000;
inline constexpr std::size_t kLogFrames = 400'000;
inline constexpr std::size_t kLogFramesOfStack = 256;
inline constexpr std::size_t kLogLocks = 50'000;
inline constexpr std::size_t kLogLocksOfTask = 64;
inline constexpr std::size_t kLogSplats = 256;
inline constexpr std::size_t kLogLinksOfSplat = 64;
inline constexpr std::size_t kLogComplaints = 10'000;
inline constexpr std::size_t kLogAsides = 1000;  ///< of these: disks and servers
/// Callers whose lines are followed apart at once, and pieces that one line may come in.
inline constexpr std::size_t kLogCallers = 1024;
inline constexpr std::size_t kLogPieces = 12;
/// Bytes of the parts in which firmware keeps a kernel's last words (pstore). They are held until all are there, for
/// their order. A part has some KiB.
inline constexpr std::size_t kPstoreBytes = std::size_t{8} << 20U;

/// Levels of a JSON text. None of our files has more than ten. Each level that a parser opens costs memory, in a
/// hostile file many times the level's one byte.
inline constexpr std::size_t kJsonDepth = 32;
/// Values of a JSON text. The record of a busy run has some thousands; parsed, each takes up to 112 bytes.
inline constexpr std::size_t kJsonValues = 1'000'000;
/// Parts of a dotted key of a TOML file; ours have three.
inline constexpr std::size_t kTomlKeyParts = 32;
/// A time in whatever is read: a machine that is up for longer is none that we know.
inline constexpr std::chrono::hours kTime{24 * 365 * 20};

}  // namespace blkhang::limits
