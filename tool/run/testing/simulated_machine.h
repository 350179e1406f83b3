// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

/// For tests: tasks that take mutexes, freeze queues, submit bios and run short of memory, and a watcher that tells of
/// them in the lines of the evidence stream. It knows nothing of how they are judged: whether it hangs is known from
/// its own state alone, by asking which tasks could ever move again.
namespace blkhang::simulated {

inline constexpr std::uint64_t kUs = 1'000;
inline constexpr std::uint64_t kMs = 1'000'000;
inline constexpr std::uint64_t kS = 1'000'000'000;

/// How the watcher loses what it should have told.
enum class Losses {
    none,
    ring_full,  ///< events are dropped in bursts; a table in shared memory still has what is open
    untold,     ///< the same, and nothing is told again: tasks can be looked at
    skipped,    ///< the beginning or the end of some calls is never seen; the table is wrong, too
    uncounted   ///< the end of some calls is never seen, and nobody knows: only a look can tell
};

struct Settings {
    std::uint64_t seed = 0;
    std::uint64_t length_ns = 20 * kS;
    Losses losses = Losses::none;
    int loss_percent = 1;            ///< of events that begin a burst of lost ones, or of calls that are skipped
    bool percpu_starts_io = true;    ///< the owner of the mutex swaps out (kernels before 7.3)
    bool freezer_starts_io = false;  ///< whoever froze a queue may swap out (before 6.14)
    bool freezes = true;
    bool short_of_memory = false;   ///< allocations under the freeze and the mutex wait for memory
    bool own_wait = false;          ///< the mistake of 2011: the owner of the mutex takes it again
    bool killed_meanwhile = false;  ///< and gives up at once, for it is to be killed
    bool kills = false;             ///< somebody kills tasks that wait for the mutex, as the OOM killer does
    bool exits = false;             ///< tasks exit, others get their pids, and exits are told late
};

class Machine {
public:
    using Tell = std::function<void(const std::string& line)>;

    Machine(const Settings& settings, Tell tell) : settings_(settings), random_(settings.seed), tell_(std::move(tell)) {
        disks_ = 1 + pick(2);
        queues_.resize(disks_);
        blkcg_.resize(disks_);
        const auto add = [&](Kind kind, int count) {
            for (int i = 0; i < count; ++i) {
                Task task;
                task.pid = 100 + static_cast<int>(tasks_.size());
                task.kind = kind;
                tasks_.push_back(std::move(task));
            }
        };
        add(Kind::kswapd, 1);
        add(Kind::churner, 1 + static_cast<int>(pick(2)));
        add(Kind::writer, 1 + static_cast<int>(pick(2)));
        add(Kind::limiter, static_cast<int>(pick(3)));
        add(Kind::user, static_cast<int>(pick(2)));
        if (settings.freezes) {
            add(Kind::freezer, 1 + static_cast<int>(pick(2)));
        }
        for (auto& task : tasks_) {
            wake_at(task, now_ + pick(200) * kMs);
        }
    }

    /// Up to this time. The time that the watcher tells is for the caller.
    void run_until(std::uint64_t until) {
        while (!due_.empty() && due_.top().first <= until) {
            const auto [at, index] = due_.top();
            due_.pop();
            if (tasks_[index].due_ns == at) {
                tasks_[index].due_ns = 0;
                now_ = std::max(now_, at);
                step(tasks_[index]);
            }
        }
        now_ = until;
        if (settings_.kills && chance(4)) {
            kill_a_waiter();
        }
    }

    /// What the table in shared memory has: told by a watcher after a loss.
    void retell() {
        for (const auto& task : tasks_) {
            for (const auto& [disk, line] : task.freeze_lines) {
                out(line);
            }
        }
        for (const auto& task : tasks_) {
            if (!task.memory_line.empty()) {
                out(task.memory_line);
            }
            if (!task.wait_line.empty()) {
                out(task.wait_line);
                note_told(task);
            }
        }
    }

    /// Each task as somebody would find it who looked at one after the other, while the others go on.
    void look() {
        for (const auto& task : tasks_) {
            out(fmt::format(R"({{"t":"task","at_ns":{},"pid":{},"comm":"{}","state":"{}","stack":[{}]}})", now_,
                            task.pid, name(task), state(task), fmt::join(stack(task), ",")));
            run_until(now_ + pick(20) * kMs);
        }
    }

    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    /// Who owned pcpu_alloc_mutex when the latest wait began of those that were told and say who owns it; 0 if nobody.
    [[nodiscard]] int owner_as_told() const { return told_owner_; }
    [[nodiscard]] std::uint64_t now() const { return now_; }

    /// Since when some tasks cannot move whatever the others do: not even memory that comes from elsewhere would help.
    [[nodiscard]] std::optional<std::uint64_t> hung_since() const { return stuck_since(Memory::from_elsewhere); }
    /// The same, if no memory comes from elsewhere.
    [[nodiscard]] std::optional<std::uint64_t> starved_since() const {
        return stuck_since(Memory::from_who_may_reclaim);
    }
    /// Whether that was ever so.
    [[nodiscard]] bool ever_starved() const { return ever_starved_; }
    /// Whether somebody killed a task of a deadlock.
    [[nodiscard]] bool deadlock_was_broken() const { return deadlock_was_broken_; }
    /// Whether tasks have taken their locks in orders that can stop them all, though perhaps they met by chance each
    /// time: what is frozen and what is used of a queue are locks, too.
    [[nodiscard]] bool nests_in_a_circle() const { return has_circle(taken_); }
    /// The same of the times only when they had to wait, as far as the watcher can tell what they held.
    [[nodiscard]] bool waited_in_a_circle() const { return has_circle(waited_); }
    /// For how long one task or another has been unable to move, whoever joined it or left, and whoever might have
    /// reclaimed and did not.
    [[nodiscard]] std::uint64_t longest_starved_ns() const {
        std::uint64_t longest = 0;
        for (const auto& task : tasks_) {
            longest = std::max(longest, task.stuck_ns ? now_ - *task.stuck_ns : 0);
        }
        return longest;
    }

private:
    enum class Kind { kswapd, churner, writer, limiter, user, freezer };
    enum class Op {
        sleep,
        lock,
        unlock,
        lock_blkcg,
        unlock_blkcg,
        freeze,
        drain,
        unfreeze,
        use,
        leave,
        bio,
        kswapd,
        ask_kswapd,
        asked_kswapd,
        memory,
        reclaim,
        reclaimed,
        own
    };
    struct Step {
        Op op;
        std::uint64_t argument = 0;  ///< disk, or nanoseconds
    };
    enum class Memory { from_elsewhere, from_who_may_reclaim, from_who_reclaims };
    enum class Blocked { no, mutex, blkcg, queue, drain, kswapd, memory };

    struct Task {
        int pid = 0;
        Kind kind = Kind::writer;
        std::deque<Step> program;
        std::uint64_t due_ns = 0;
        Blocked blocked = Blocked::no;
        std::uint64_t disk = 0;  ///< that it is blocked about
        std::uint64_t blocked_ns = 0;
        std::optional<std::uint64_t> stuck_ns;  ///< since when it has been unable to move
        bool reclaims = false;
        std::map<std::uint64_t, std::string> freeze_lines;  ///< by disk: as the watcher's table has it
        std::set<std::uint64_t> frozen, uses;
        std::uint64_t kswapd_round = 0, reclaim_round = 0;
        std::string wait_line, memory_line;  ///< as the watcher's table has it
        std::string wait_what, wait_kind;
        std::uint64_t wait_ns = 0;  ///< since when, and who owned the mutex then if the wait says so
        int owner_then = 0;
    };
    struct Mutex {
        int owner = -1;  ///< index
        std::deque<int> waiters;
    };
    struct Queue {
        std::multiset<int> freezers;
        std::set<int> users;
    };

    /// What is wanted by whom who holds what, by names.
    using Nestings = std::set<std::pair<std::string, std::string>>;

    /// Who wants nothing that anybody holds up goes on; whatever is left when all those have gone is in a circle, or
    /// leads to one.
    static bool has_circle(Nestings nestings) {
        for (;;) {
            std::set<std::string> held;
            for (const auto& [outer, inner] : nestings) {
                held.insert(outer);
            }
            const auto gone =
                std::erase_if(nestings, [&](const auto& nesting) { return !held.contains(nesting.second); });
            if (gone == 0) {
                return !nestings.empty();
            }
        }
    }
    static std::string queue_name(std::uint64_t disk) { return "queue " + disk_name(disk); }
    static std::string users_name(std::uint64_t disk) { return "users " + disk_name(disk); }
    static std::string blkcg_name(std::uint64_t disk) { return "blkcg " + disk_name(disk); }

    void note_nesting(Nestings& nestings, const Task& task, const std::string& wanted) const {
        std::set<std::string> held;
        if (owns_mutex(task)) {
            held.insert("mutex");
        }
        for (std::size_t disk = 0; disk < disks_; ++disk) {
            if (blkcg_[disk].owner == index_of(task)) {
                held.insert(blkcg_name(disk));
            }
        }
        std::ranges::for_each(task.frozen, [&](auto disk) { held.insert(queue_name(disk)); });
        std::ranges::for_each(task.uses, [&](auto disk) { held.insert(users_name(disk)); });
        for (const auto& one : held) {
            nestings.emplace(one, wanted);
        }
    }

    std::uint64_t pick(std::uint64_t below) {
        return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
    }
    bool chance(int percent) { return pick(100) < static_cast<std::uint64_t>(percent); }
    int index_of(const Task& task) const { return static_cast<int>(&task - tasks_.data()); }
    /// Once: what was to come for the task before does not.
    void wake_at(Task& task, std::uint64_t at) {
        task.due_ns = at;
        due_.emplace(at, index_of(task));
    }

    static std::string name(const Task& task) {
        switch (task.kind) {
            case Kind::kswapd:
                return "kswapd0";
            case Kind::churner:
                return "percpu";
            case Kind::writer:
                return "writer";
            case Kind::limiter:
                return "limiter";
            case Kind::user:
                return "user";
            case Kind::freezer:
                break;
        }
        return "freezer";
    }
    static std::string disk_name(std::uint64_t disk) { return fmt::format("vd{}", static_cast<char>('b' + disk)); }

    void refill(Task& task) {
        auto& p = task.program;
        const auto disk = pick(disks_);
        const auto nap = [&](std::uint64_t ms) { p.push_back({Op::sleep, (1 + pick(ms)) * kMs}); };
        const auto swap_out = [&] {
            p.push_back({Op::reclaim});
            p.push_back({Op::bio, disk});
            p.push_back({Op::reclaimed});
        };
        nap(400);
        switch (task.kind) {
            case Kind::kswapd:
                swap_out();
                break;
            case Kind::churner:
                p.push_back({Op::lock});
                if (settings_.own_wait && chance(10)) {
                    p.push_back({Op::own});
                }
                if (settings_.percpu_starts_io) {
                    if (chance(50)) {  // it looks as if it were to wait, and does not
                        p.push_back({Op::reclaim});
                        p.push_back({Op::ask_kswapd});
                        nap(15);
                        p.push_back({Op::asked_kswapd});
                        p.push_back({Op::reclaimed});
                    } else if (chance(20)) {
                        p.push_back({Op::reclaim});
                        p.push_back({Op::kswapd});
                        p.push_back({Op::reclaimed});
                    }
                    if (chance(70)) {
                        swap_out();
                    }
                } else if (settings_.short_of_memory && chance(50)) {
                    p.push_back({Op::memory});
                }
                nap(chance(70) ? 20 : 200);
                p.push_back({Op::unlock});
                break;
            case Kind::writer:
                chance(50) ? swap_out() : p.push_back({Op::bio, disk});
                break;
            case Kind::limiter:
                p.push_back({Op::lock_blkcg, disk});
                p.push_back({Op::lock});
                nap(5);
                p.push_back({Op::unlock});
                nap(40);
                p.push_back({Op::unlock_blkcg, disk});
                if (chance(50)) {  // whoever waited for its mutex named it, and it sleeps for something else now
                    p.push_back({Op::bio, disk});
                }
                break;
            case Kind::user:
                p.push_back({Op::use, disk});
                if (chance(20)) {  // blkg_alloc() with GFP_KERNEL: throttle_direct_reclaim()
                    p.push_back({Op::reclaim});
                    p.push_back({Op::kswapd});
                    p.push_back({Op::reclaimed});
                }
                p.push_back({Op::lock});
                nap(5);
                p.push_back({Op::unlock});
                p.push_back({Op::leave, disk});
                break;
            case Kind::freezer:
                if (chance(30)) {  // once without a freeze, as if it were another task
                    p.push_back({Op::lock});
                    nap(5);
                    p.push_back({Op::unlock});
                    break;
                }
                p.push_back({Op::freeze, disk});
                p.push_back({Op::drain, disk});
                nap(chance(50) ? 10 : 60);
                if (settings_.freezer_starts_io && chance(20)) {
                    swap_out();
                }
                if (chance(50)) {
                    p.push_back({Op::lock});
                    nap(5);
                    p.push_back({Op::unlock});
                }
                if (chance(30)) {
                    p.push_back({Op::lock_blkcg, disk});
                    nap(40);
                    p.push_back({Op::unlock_blkcg, disk});
                }
                if (settings_.short_of_memory && chance(30)) {
                    p.push_back({Op::memory});
                }
                p.push_back({Op::unfreeze, disk});
                break;
        }
    }

    /// Goes on with the task until it sleeps or is blocked.
    void step(Task& task) {
        if (task.blocked != Blocked::no) {
            remind(task);
            return;
        }
        for (;;) {
            if (task.program.empty()) {
                if (settings_.exits && task.kind != Kind::kswapd && chance(10)) {
                    exit(task);
                }
                refill(task);
            }
            const Step next = task.program.front();
            if (next.op == Op::sleep) {
                task.program.pop_front();
                wake_at(task, now_ + next.argument);
                return;
            }
            if (!done(task, next)) {
                return;
            }
            task.program.pop_front();
        }
    }

    /// Another takes its place, with the pid of one that has exited before, if there is one.
    void exit(Task& task) {
        const auto line = fmt::format(R"({{"t":"wake","at_ns":{},"pid":{},"kind":"mutex","what":""}})", now_, task.pid);
        pids_.push_back(task.pid);
        task.pid = pids_.size() > 1 ? pids_.front() : ++latest_pid_;
        if (pids_.size() > 1) {
            pids_.pop_front();
        }
        chance(50) ? late_.push_back(line) : out(line);
    }

    /// False if the task is blocked now; the step is done when it wakes.
    bool done(Task& task, const Step& step) {
        const int self = index_of(task);
        switch (step.op) {
            case Op::sleep:
                return true;
            case Op::lock:
                note_nesting(taken_, task, "mutex");
                return take(mutex_, task, Blocked::mutex, 0);
            case Op::lock_blkcg:
                note_nesting(taken_, task, blkcg_name(step.argument));
                return take(blkcg_[step.argument], task, Blocked::blkcg, step.argument);
            case Op::unlock:
                release(mutex_);
                return true;
            case Op::unlock_blkcg:
                release(blkcg_[step.argument]);
                return true;
            case Op::own:
                if (settings_.killed_meanwhile) {
                    block(task, Blocked::mutex, 0);
                    now_ += 5 * kUs;
                    unblock(task);
                    return true;
                }
                mutex_.waiters.push_back(self);
                block(task, Blocked::mutex, 0);
                return false;
            case Op::freeze: {
                auto& queue = queues_[step.argument];
                queue.freezers.insert(self);
                task.frozen.insert(step.argument);
                tell_freeze(task, step.argument, true);
                return true;
            }
            case Op::drain:
                note_nesting(taken_, task, users_name(step.argument));
                note_nesting(waited_, task, users_name(step.argument));
                if (!queues_[step.argument].users.empty()) {
                    block(task, Blocked::drain, step.argument);
                    return false;
                }
                return true;
            case Op::unfreeze: {
                tell_freeze(task, step.argument, false);
                auto& queue = queues_[step.argument];
                queue.freezers.erase(queue.freezers.find(self));
                task.frozen.erase(step.argument);
                if (queue.freezers.empty()) {
                    unblock_all(Blocked::queue, step.argument);
                }
                return true;
            }
            case Op::use:
            case Op::bio:
                note_nesting(taken_, task, queue_name(step.argument));
                if (!queues_[step.argument].freezers.empty()) {
                    block(task, Blocked::queue, step.argument);
                    return false;
                }
                if (step.op == Op::use) {
                    queues_[step.argument].users.insert(self);
                    task.uses.insert(step.argument);
                }
                return true;
            case Op::leave:
                queues_[step.argument].users.erase(self);
                task.uses.erase(step.argument);
                if (queues_[step.argument].users.empty()) {
                    unblock_all(Blocked::drain, step.argument);
                }
                return true;
            case Op::kswapd:
                task.kswapd_round = kswapd_rounds_;
                block(task, Blocked::kswapd, 0);
                return false;
            case Op::ask_kswapd:
                begin_wait(task, "kswapd", "kswapd", tasks_.front().pid);
                return true;
            case Op::asked_kswapd:
                end_wait(task);
                return true;
            case Op::memory:
                task.reclaim_round = reclaims_;
                block(task, Blocked::memory, 0);
                return false;
            case Op::reclaim:
                task.reclaims = true;
                return true;
            case Op::reclaimed:
                task.reclaims = false;
                ++reclaims_;
                unblock_all(Blocked::memory, 0);
                if (task.kind == Kind::kswapd) {
                    ++kswapd_rounds_;
                    unblock_all(Blocked::kswapd, 0);
                }
                return true;
        }
        return true;
    }

    bool take(Mutex& mutex, Task& task, Blocked why, std::uint64_t disk) {
        if (mutex.owner < 0) {
            mutex.owner = index_of(task);
            return true;
        }
        mutex.waiters.push_back(index_of(task));
        block(task, why, disk);
        return false;
    }

    void release(Mutex& mutex) {
        mutex.owner = -1;
        if (!mutex.waiters.empty()) {
            auto& next = tasks_[static_cast<std::size_t>(mutex.waiters.front())];
            mutex.waiters.pop_front();
            mutex.owner = index_of(next);
            unblock(next);
            next.program.pop_front();  // it has the mutex
            wake_at(next, now_);
        }
    }

    /// pcpu_alloc_mutex is waited for killably: the allocation fails, and the task goes on without.
    void kill_a_waiter() {
        if (mutex_.waiters.empty()) {
            return;
        }
        deadlock_was_broken_ = deadlock_was_broken_ || hung_since();
        auto& task = tasks_[static_cast<std::size_t>(mutex_.waiters.front())];
        mutex_.waiters.pop_front();
        unblock(task);
        if (task.program.front().op != Op::own) {
            while (task.program.front().op != Op::unlock) {
                task.program.pop_front();
            }
        }
        task.program.pop_front();
        wake_at(task, now_);
    }

    void unblock_all(Blocked why, std::uint64_t disk) {
        for (auto& task : tasks_) {
            const bool progress = why == Blocked::kswapd   ? kswapd_rounds_ > task.kswapd_round
                                  : why == Blocked::memory ? reclaims_ > task.reclaim_round
                                                           : true;
            if (task.blocked == why && task.disk == disk && progress) {
                unblock(task);
                if (why == Blocked::kswapd || why == Blocked::memory || why == Blocked::drain) {
                    task.program.pop_front();
                }
                wake_at(task, now_);  // a queue is tried again: somebody may have frozen it anew
            }
        }
    }

    // What the watcher sees.

    bool owns_mutex(const Task& task) const { return mutex_.owner == index_of(task); }

    std::vector<std::string> owned(const Task& task) const {
        std::vector<std::string> names;
        for (std::size_t disk = 0; disk < blkcg_.size(); ++disk) {
            if (blkcg_[disk].owner == index_of(task) && !blkcg_[disk].waiters.empty()) {
                names.push_back(fmt::format("\"blkcg_mutex of {}\"", disk_name(disk)));
            }
        }
        for (const auto disk : task.uses) {
            names.push_back(fmt::format("\"users of queue {}\"", disk_name(disk)));
        }
        return names;
    }

    std::string wait_line(const Task& task, std::string_view kind, std::string_view what, int holder) const {
        const auto held = owned(task);
        return fmt::format(
            R"({{"t":"wait","at_ns":{},"pid":{},"comm":"{}","kind":"{}","what":"{}","holder_pid":{},"owns_percpu_mutex":{},{}{}"stack":[]}})",
            now_, task.pid, name(task), kind, what, holder, owns_mutex(task),
            held.empty() ? "" : fmt::format(R"("owns":[{}],)", fmt::join(held, ",")),
            task.reclaims ? R"("reclaims":true,)" : "");
    }

    void block(Task& task, Blocked why, std::uint64_t disk) {
        task.blocked = why;
        task.disk = disk;
        task.blocked_ns = now_;
        note_wait(task, why, disk);
        const auto owner = [&](const Mutex& mutex) {
            return mutex.owner < 0 ? 0 : tasks_[static_cast<std::size_t>(mutex.owner)].pid;
        };
        switch (why) {
            case Blocked::mutex:
                begin_wait(task, "mutex", "pcpu_alloc_mutex", owner(mutex_));
                break;
            case Blocked::blkcg:
                begin_wait(task, "mutex", fmt::format("blkcg_mutex of {}", disk_name(disk)), owner(blkcg_[disk]));
                break;
            case Blocked::queue:
                begin_wait(task, "queue", fmt::format("frozen queue {}", disk_name(disk)), 0);
                break;
            case Blocked::drain:
                begin_wait(task, "drain", fmt::format("users of queue {}", disk_name(disk)), 0);
                break;
            case Blocked::kswapd:
                if (owns_mutex(task) || !task.frozen.empty() || !owned(task).empty()) {
                    begin_wait(task, "kswapd", "kswapd", tasks_.front().pid);
                }
                break;
            case Blocked::memory:
            case Blocked::no:
                wake_at(task, now_ + kS / 2);
                break;
        }
        note_who_is_stuck();
    }

    /// Of a mutex of a queue the watcher tells who owns it only where somebody waits for it.
    void note_wait(const Task& task, Blocked why, std::uint64_t disk) {
        const auto wanted = why == Blocked::mutex   ? "mutex"
                            : why == Blocked::blkcg ? blkcg_name(disk)
                            : why == Blocked::queue ? queue_name(disk)
                                                    : "";
        if (!wanted.empty() && !is_held(task, why, disk)) {
            Nestings nestings;
            note_nesting(nestings, task, wanted);
            for (std::size_t one = 0; one < blkcg_.size(); ++one) {
                if (blkcg_[one].waiters.empty()) {
                    std::erase_if(nestings, [&](const auto& nesting) { return nesting.first == blkcg_name(one); });
                }
            }
            waited_.merge(nestings);
        }
    }
    /// What it waits for it has itself.
    [[nodiscard]] bool is_held(const Task& task, Blocked why, std::uint64_t disk) const {
        return why == Blocked::mutex   ? owns_mutex(task)
               : why == Blocked::blkcg ? blkcg_[disk].owner == index_of(task)
                                       : task.frozen.contains(disk);
    }

    void note_who_is_stuck() {
        const auto can = movable(Memory::from_who_reclaims);
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            tasks_[i].stuck_ns = can[i] ? std::nullopt : std::optional(tasks_[i].stuck_ns.value_or(now_));
            ever_starved_ = ever_starved_ || !can[i];
        }
    }

    void begin_wait(Task& task, std::string_view kind, const std::string& what, int holder) {
        task.wait_kind = kind;
        task.wait_what = what;
        const auto line = wait_line(task, kind, what, holder);
        if (skips()) {
            return;
        }
        task.wait_line = line;
        task.wait_ns = now_;
        const bool says_owner = task.blocked == Blocked::mutex || owns_mutex(task);
        task.owner_then = says_owner && mutex_.owner >= 0 ? tasks_[static_cast<std::size_t>(mutex_.owner)].pid : 0;
        if (event(line)) {
            note_told(task);
        }
    }

    /// Of two at the same instant, in which the mutex may have changed hands, its owner knows best.
    void note_told(const Task& task) {
        const bool is_latest =
            task.wait_ns > told_owner_ns_ || (task.wait_ns == told_owner_ns_ && task.owner_then == task.pid);
        if (task.owner_then != 0 && is_latest) {
            told_owner_ = task.owner_then;
            told_owner_ns_ = task.wait_ns;
        }
    }

    /// A task that finds no memory is told again and again.
    void remind(Task& task) {
        if (task.blocked != Blocked::memory) {
            return;
        }
        if (owns_mutex(task) || !task.frozen.empty() || !task.uses.empty()) {
            const auto line = wait_line(task, "memory", "memory", 0);
            if (task.memory_line.empty()) {
                task.memory_line = line;
            }
            event(line);
            if (chance(30)) {  // it asks kswapd for help in between, and gets none
                event(wait_line(task, "kswapd", "kswapd", tasks_.front().pid));
                now_ += kMs;
                event(fmt::format(R"({{"t":"wake","at_ns":{},"pid":{},"kind":"kswapd","what":"kswapd"}})", now_,
                                  task.pid));
            }
        }
        wake_at(task, now_ + kS / 2);
    }

    void unblock(Task& task) {
        if (!task.memory_line.empty() && !skips()) {
            event(fmt::format(R"({{"t":"wake","at_ns":{},"pid":{},"kind":"memory","what":"memory"}})", now_, task.pid));
            task.memory_line.clear();
        }
        end_wait(task);
        task.blocked = Blocked::no;
        note_who_is_stuck();
    }

    void end_wait(Task& task) {
        if (!task.wait_line.empty() && !skips() && !forgets()) {
            task.wait_line.clear();
            event(fmt::format(R"({{"t":"wake","at_ns":{},"pid":{},"kind":"{}","what":"{}"}})", now_, task.pid,
                              task.wait_kind, task.wait_what));
        }
    }

    void tell_freeze(Task& task, std::uint64_t disk, bool frozen) {
        const auto line = fmt::format(R"({{"t":"freeze","at_ns":{},"pid":{},"comm":"{}","disk":"{}","frozen":{}}})",
                                      now_, task.pid, name(task), disk_name(disk), frozen);
        if (frozen) {
            task.freeze_lines[disk] = line;
        } else {
            task.freeze_lines.erase(disk);
        }
        event(line);
    }

    /// A program was skipped: nothing is told, and nothing written into the table.
    bool skips() {
        const bool skipped = settings_.losses == Losses::skipped && chance(settings_.loss_percent);
        lost_ += skipped ? 1 : 0;
        return skipped;
    }

    bool forgets() { return settings_.losses == Losses::uncounted && chance(settings_.loss_percent); }

    /// Through the ring, which may be full. False if it was lost.
    bool event(const std::string& line) {
        const bool ring = settings_.losses == Losses::ring_full || settings_.losses == Losses::untold;
        if (ring && burst_ == 0 && chance(settings_.loss_percent)) {
            burst_ = 1 + (chance(50) ? 0 : pick(12));
        }
        if (burst_ > 0) {
            --burst_;
            ++lost_;
            return false;
        }
        out(line);
        return true;
    }

    void out(const std::string& line) {
        tell_(line);
        if (!late_.empty() && chance(20)) {
            const auto late = std::move(late_.front());
            late_.pop_front();
            tell_(late);
        }
    }

    // What somebody finds who looks.

    static char state(const Task& task) { return task.blocked == Blocked::no ? 'S' : 'D'; }

    std::vector<std::string> stack(const Task& task) const {
        std::vector<std::string> frames;
        const auto add = [&](const char* function) { frames.push_back(fmt::format("\"{}+0x1/0x2\"", function)); };
        switch (task.blocked) {
            case Blocked::no:
                add("do_nanosleep");
                break;
            case Blocked::mutex:
                add("pcpu_alloc");
                break;
            case Blocked::blkcg:
                add("blkcg_activate_policy");
                break;
            case Blocked::queue:
                add("__bio_queue_enter");
                break;
            case Blocked::drain:
                add("blk_mq_freeze_queue_wait");
                break;
            case Blocked::kswapd:
                add("throttle_direct_reclaim");
                break;
            case Blocked::memory:
                add("try_to_free_pages");
                break;
        }
        if (owns_mutex(task)) {
            add("pcpu_populate_chunk");
        }
        if (!task.frozen.empty()) {
            add("elevator_switch");
        }
        return frames;
    }

    // The truth.

    /// Which tasks could move again, if the rest did as well as it can? Those that sleep can; and whoever waits for one
    /// that can.
    [[nodiscard]] std::vector<bool> movable(Memory memory) const {
        std::vector<bool> can(tasks_.size());
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = 0; i < tasks_.size(); ++i) {
                if (!can[i] && may_move(tasks_[i], can, memory)) {
                    can[i] = changed = true;
                }
            }
        }
        return can;
    }

    [[nodiscard]] bool may_move(const Task& task, const std::vector<bool>& can, Memory memory) const {
        const auto is_movable = [&](int index) { return can[static_cast<std::size_t>(index)]; };
        switch (task.blocked) {
            case Blocked::no:
                return true;
            case Blocked::mutex:
                return mutex_.owner < 0 || is_movable(mutex_.owner);
            case Blocked::blkcg:
                return blkcg_[task.disk].owner < 0 || is_movable(blkcg_[task.disk].owner);
            case Blocked::queue:
                return std::ranges::all_of(queues_[task.disk].freezers, is_movable);
            case Blocked::drain:
                return std::ranges::all_of(queues_[task.disk].users, is_movable);
            case Blocked::kswapd:
                return can.front();
            case Blocked::memory:
                break;
        }
        return memory == Memory::from_elsewhere || std::ranges::any_of(tasks_, [&](const Task& other) {
                   return &other != &task && is_movable(index_of(other)) &&
                          (memory == Memory::from_who_reclaims ? reclaims_now(other) : reclaims_ever(other));
               });
    }
    [[nodiscard]] static bool reclaims_now(const Task& task) { return task.reclaims || task.kind == Kind::kswapd; }
    [[nodiscard]] bool reclaims_ever(const Task& task) const {
        return task.kind == Kind::kswapd || task.kind == Kind::writer ||
               (task.kind == Kind::churner && settings_.percpu_starts_io);
    }

    [[nodiscard]] std::optional<std::uint64_t> stuck_since(Memory memory) const {
        const auto can = movable(memory);
        // The circle closed when the last task of it blocked: at the latest, the last of all that are stuck.
        std::optional<std::uint64_t> since;
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            if (!can[i]) {
                since = std::max(since.value_or(0), tasks_[i].blocked_ns);
            }
        }
        return since;
    }

    Settings settings_;
    std::mt19937_64 random_;
    Tell tell_;
    std::vector<Task> tasks_;
    Mutex mutex_;
    std::vector<Mutex> blkcg_;
    std::vector<Queue> queues_;
    std::uint64_t disks_ = 1;
    std::uint64_t now_ = 10 * kS;
    std::uint64_t kswapd_rounds_ = 0, reclaims_ = 0;
    std::uint64_t lost_ = 0, burst_ = 0;
    std::deque<int> pids_;  ///< of tasks that exited
    int latest_pid_ = 1000;
    std::deque<std::string> late_;  ///< what is told once something else was
    int told_owner_ = 0;
    std::uint64_t told_owner_ns_ = 0;
    Nestings taken_, waited_;
    bool ever_starved_ = false, deadlock_was_broken_ = false;
    using Due = std::pair<std::uint64_t, std::size_t>;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace blkhang::simulated
