// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/judge.h"

namespace blkhang {

/// What is known of a task of a cycle beyond its wait, as found when the cycle was proven.
struct Person {
    std::int32_t pid = 0;           ///< of the thread
    std::int32_t process = 0;       ///< it is a thread of; SIGKILL goes to that
    std::string comm = {};          ///< of the thread
    std::string process_comm = {};  ///< of the process
    std::uint64_t start_ticks = 0;  ///< when the thread started, since boot
    bool found = false;             ///< there is such a task, and all of this could be read
    bool kernel_thread = false;
    bool has_kvm = false;       ///< has /dev/kvm or a virtual machine open, or that could not be read
    bool is_container = false;  ///< process 1 of a container, which ends with it
    bool ours = false;          ///< this watch, or who started it
};

/// Whom healing never kills, and why: see tool/watch/HEALING.md. `globs` of the user add to it.
class Spared {
public:
    explicit Spared(std::vector<std::string> globs = {}) : globs_(std::move(globs)) {}
    /// In words; nothing if it may be killed. A pattern that is longer than names are fits those that may have been
    /// cut.
    [[nodiscard]] std::optional<std::string> why(const Person& person) const;

private:
    std::vector<std::string> globs_;
};

/// A kind of program that is never killed, by the name that its processes have.
struct SparedRow {
    std::string_view glob;  ///< fnmatch(3), of 15 characters at most, as the kernel has names
    std::string_view what;
};
/// All of them, in the order of tool/watch/spared.def.
const std::vector<SparedRow>& spared_rows();

/// Does SIGKILL end this wait, on a kernel of this release? By its stack, as the watcher or a look took it.
bool is_killable(const DeadlockTask& task, const Stack& look, std::string_view release);

/// Decides who of a proven cycle is killed and when. Pure: it kills nobody, looks at no clock and asks nobody.
///
/// The policy is tool/watch/HEALING.md. To be told, in this order: what was found of the tasks at the proof; all that
/// is observed since; then step() every few milliseconds.
class HealPolicy {
public:
    /// `lost_events`: since the stretch of the watch began that the cycle was proven in.
    HealPolicy(const Deadlock& deadlock, const std::vector<Person>& people, const Spared& spared,
               std::string_view release, std::uint64_t lost_events, std::uint64_t proven_ns);

    void observe(const Observation& observation);
    /// Of whom a fresh look is wanted before anybody is killed; empty while it is too early, or if nobody will be.
    [[nodiscard]] std::vector<std::int32_t> to_look_at(std::uint64_t now_ns) const;
    /// The process that is to get SIGKILL now. It counts as killed from here on.
    std::optional<Person> step(std::uint64_t now_ns);
    /// Nobody is killed any more: what that rests on is no longer so.
    void give_up(const std::string& why);
    /// It could not be: it is another by now, or the kernel refused.
    void not_killed(const Person& person, const std::string& why);
    [[nodiscard]] bool is_over() const { return over_; }
    /// Nobody will be killed, and why; empty if somebody may be.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }
    /// Whom it would kill, the first first, and whom it spares: for a dry run.
    [[nodiscard]] std::string plan() const;
    /// Once is_over().
    [[nodiscard]] seen::Recovery outcome() const;

private:
    struct Member {
        DeadlockTask task;
        Person person;
        std::string spared;  ///< why it is not killed; empty if it may be
        bool freezes;        ///< keeps a queue frozen that others wait for
        bool seen_waiting = false;
        std::uint64_t ended_ns = 0;  ///< of its wait in the cycle
        std::uint64_t again_ns = 0;  ///< it has waited anew since
        int kills = 0;
    };
    void on(const seen::Wake& wake);
    void on(const seen::Wait& wait);
    void on(const seen::BlockedTask& task);
    void refuse(std::string why);
    [[nodiscard]] bool ended() const;
    Member* next(std::uint64_t now_ns);

    std::vector<Member> members_;  ///< in the order in which they are killed
    std::string release_;
    std::string refusal_;
    std::uint64_t proven_ns_, latest_ns_;
    std::uint64_t first_kill_ns_ = 0, latest_kill_ns_ = 0, ended_ns_ = 0;
    int kills_ = 0;
    std::vector<std::string> told_;  ///< what was done
    bool over_ = false;
};

}  // namespace blkhang
