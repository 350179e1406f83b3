// SPDX-License-Identifier: GPL-2.0-only
// The judge, on observations that are made from a few bytes each: more of its states than lines of JSON would reach.
#include "judge/judge.h"

#include "harness.h"
#include "run/relay.h"

namespace blkhang::fuzz {
namespace {

/// Takes numbers off the front; 0 when there is nothing left.
class Bytes {
public:
    explicit Bytes(std::string_view rest) : rest_(rest) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    std::uint8_t next() {
        if (rest_.empty()) {
            return 0;
        }
        const auto byte = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return byte;
    }
    std::uint8_t below(std::uint8_t limit) { return next() % limit; }

private:
    std::string_view rest_;
};

constexpr std::uint64_t kMs = 1'000'000;

/// A small world: five tasks, of which one is kswapd, and two disks.
class World {
public:
    explicit World(std::string_view script) : script_(script) {}
    [[nodiscard]] bool is_over() const { return script_.empty(); }

    Observation next() {
        const auto what = script_.below(16);
        now_ns_ += script_.below(8) * (what == 0 ? 4000 * kMs : 5 * kMs);
        switch (what) {
            case 0:
            case 1:
            case 2:
                return seen::Tick{now_ns_};
            case 3:
                return seen::Freeze{now_ns_, pid(), "task", disk(), true};
            case 4:
                return seen::Freeze{now_ns_, script_.below(2) == 0 ? 0 : pid(), "task", disk(), false};
            case 5:
                return seen::BlockedTask{pid(), "task", script_.below(4) == 0 ? 'S' : 'D', stack(), now_ns_};
            case 6: {
                lost_ += script_.below(2);
                return seen::Counters{now_ns_, {{scope(), scope(), 1}}, {{"trials", 9}}, {{"ios", now_ns_}}, lost_};
            }
            case 7:
                return seen::Edge{now_ns_, scope(), scope(), pid(), "task", 0, {}, disk()};
            case 8:
                return seen::Kill{now_ns_, pid()};
            case 9:
                return seen::Recovery{now_ns_, script_.below(2) == 0, script_.below(2) == 0 ? "SIGKILL to task" : ""};
            case 10:
                return seen::Phase{now_ns_, script_.below(2) == 0 ? "load" : "recovery"};
            case 11:
            case 12:
                return wake();
            case 13:
                return seen::Proof{now_ns_ - 30 * kMs, now_ns_, {{wait(), wait()}}, {}};
            default:
                return wait();
        }
    }

private:
    std::int32_t pid() { return 1 + script_.below(5); }
    std::string disk() { return script_.below(2) == 0 ? "vda" : "vdb"; }
    Scope scope() { return static_cast<Scope>(script_.below(kScopeCount)); }
    Stack stack() {
        static const std::vector<Stack> kStacks{{},
                                                {"pcpu_alloc+0x1/0x2"},
                                                {"__bio_queue_enter+0x1/0x2", "pcpu_populate_chunk+0x1/0x2"},
                                                {"blk_mq_freeze_queue_wait+0x1/0x2", "elevator_switch+0x1/0x2"},
                                                {"do_nanosleep+0x1/0x2"}};
        return kStacks.at(script_.below(5));
    }
    Awaited what() {
        const auto kind = static_cast<WaitKind>(script_.below(kWaitKindCount));
        if (kind != WaitKind::mutex) {
            return Awaited::of(kind, disk());
        }
        return script_.below(4) == 0 ? Awaited::mutex("blkcg_mutex", disk()) : Awaited::percpu_mutex();
    }
    seen::Wait wait() {
        const auto flags = script_.next();
        seen::Wait wait{now_ns_, pid(), "task", what(), (flags & 1U) != 0 ? pid() : 0, (flags & 2U) != 0, stack()};
        if ((flags & 4U) != 0) {
            wait.owns = {Awaited::users_of_queue(disk())};
        }
        wait.reclaims = (flags & 8U) != 0;
        return wait;
    }
    seen::Wake wake() { return {now_ns_, pid(), script_.below(8) == 0 ? Awaited{} : what()}; }

    Bytes script_;
    std::uint64_t now_ns_ = 1000 * kMs;
    std::uint64_t lost_ = 0;
};

void check(const Judge& judge) {
    const auto judgement = judge.judgement();
    require(!judgement.reasons.empty(), "every verdict has a reason");
    const auto deadlock = judge.deadlock();
    require(!deadlock || !deadlock->tasks.empty(), "every deadlock has tasks");
    require(!deadlock || judgement.verdict == Verdict::hang || judgement.verdict == Verdict::error,
            "what is proven is a hang, unless blkhang broke before");
}

}  // namespace

const Registered kJudge{{
    .name = "judge",
    .longest = 256,
    .attempt =
        [](std::string_view input) {
            const Demands demands{{{"trials", 1}}};
            Judge outside(demands);
            Relay relay(Judge(demands), 200 * kMs, [&](const Observation& sent) { outside.observe(sent); });
            for (World world(input); !world.is_over();) {
                const auto observation = world.next();
                relay.take_in(observation);
                if (const auto* tick = std::get_if<seen::Tick>(&observation)) {
                    relay.time_is(tick->at_ns);
                }
            }
            check(relay.judge());
            check(outside);
        },
    .seeds =
        [] {
            return std::vector<std::string>{std::string("\x0a\0\0\x0e\x01\0\x02\x02\x01\x01\0\x01\x07\x01\x07", 15)};
        },
}};

}  // namespace blkhang::fuzz
