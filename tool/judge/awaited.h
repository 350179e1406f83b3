// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "kernels/locks.h"

namespace blkhang {

/// What a task can wait for. bpf/waits.def says of each kind who holds the task up.
enum class WaitKind : std::uint8_t {
#define WAIT(tag, name, held_by, shown) name,
#include "waits.def"
};
#define WAIT(tag, name, held_by, shown) +1  // NOLINT(bugprone-macro-parentheses): a term of a sum
inline constexpr int kWaitKindCount = 0
#include "waits.def"
    ;
std::string_view to_string(WaitKind kind);
std::optional<WaitKind> wait_kind_from(std::string_view name);

/// What a task waits for, or holds while others wait for it.
struct Awaited {
    WaitKind kind = WaitKind::mutex;
    /// The name of a mutex. Of other kinds it is empty, unless another version of blkhang has a text for them that
    /// means nothing here: then it is that text.
    std::string lock = {};
    std::string disk = {};  ///< whose queue, or whose queue's mutex; empty where there is none

    static Awaited percpu_mutex() { return {WaitKind::mutex, std::string(kPercpuMutex), {}}; }
    /// `disk` is empty for a mutex that is of none.
    static Awaited mutex(std::string_view name, std::string_view disk);
    static Awaited kswapd() { return {WaitKind::kswapd, {}, {}}; }
    static Awaited frozen_queue(std::string_view disk) { return {WaitKind::queue, {}, std::string(disk)}; }
    static Awaited users_of_queue(std::string_view disk) { return {WaitKind::drain, {}, std::string(disk)}; }
    static Awaited memory() { return {WaitKind::memory, {}, {}}; }
    /// For any kind but a mutex. `disk` counts only for what each disk has its own of.
    static Awaited of(WaitKind kind, std::string_view disk);

    [[nodiscard]] bool is_percpu_mutex() const { return kind == WaitKind::mutex && lock == kPercpuMutex; }
    /// Nothing that has a name.
    [[nodiscard]] bool is_nothing() const { return kind == WaitKind::mutex && lock.empty() && disk.empty(); }

    bool operator==(const Awaited&) const = default;
    bool operator<(const Awaited& other) const {
        return std::tie(kind, lock, disk) < std::tie(other.kind, other.lock, other.disk);
    }
};

/// As in streams and records: "pcpu_alloc_mutex", "blkcg_mutex of vda", "kswapd", "frozen queue vda", "users of queue
/// vda", "memory". Any text is one of something: what is none of the others is the name of a mutex.
std::string to_string(const Awaited& awaited);
Awaited awaited_from(std::string_view text);
/// The same of a text that is said to be of this kind. One that does not look like it is kept as it is.
Awaited awaited_from(WaitKind kind, std::string_view text);

/// How it is spoken of. Where a text has "{}", the disk is to be put in, or the name of the mutex with its disk.
struct AwaitedWords {
    enum class Sort { mutex, queue, other };

    std::string_view text;          ///< in streams and records
    std::string_view without_disk;  ///< where it does not matter which disk's it is; of a mutex that is its name
    std::string_view possession;    ///< what a task does that has it: "owns {}"; empty if that need not be said
    std::string_view got_by;        ///< how the task came to it that waits for what it has itself: "owns", "froze"
    std::string_view waiting;       ///< what a task does that needs it: "waits for {}"
    std::string_view taking_step;   ///< as a line of a program
    std::string_view waiting_step;  ///< the same of waiting for it
    Sort sort;                      ///< what it is drawn as
    std::string_view name;          ///< of what is drawn
    std::string_view detail;        ///< below the name; may be empty
    std::string_view held_by;       ///< its relation to the task that holds it up: "owned by"
    std::string_view is_held_by;    ///< the same as a verb: "is owned by"
};
const AwaitedWords& words_for(const Awaited& awaited);
/// One of its texts, made complete: "owns blkcg_mutex of vda".
std::string in_words(const Awaited& awaited, std::string_view text);
/// "pcpu_alloc_mutex", "frozen queue", "blkcg_mutex".
std::string without_disk(const Awaited& awaited);

}  // namespace blkhang
