// SPDX-License-Identifier: GPL-2.0-only
#include "base/signals.h"

#include <csignal>

#include <atomic>

#include "base/clock.h"
#include "base/units.h"

namespace blkhang {
namespace {

/// timeout(1) and others tell a program and then its process group, to which it belongs: that is once.
constexpr std::uint64_t kSameOrderNs = 100 * kNsPerMs;

std::atomic<std::uint64_t> arrived_ns{0};  // the first
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a signal handler may touch nothing else");

void note_arrival(int signal) {
    const std::uint64_t now = monotonic_ns();
    std::uint64_t first = 0;
    if (arrived_ns.compare_exchange_strong(first, now)) {
        return;
    }
    // A terminal that goes away sends several SIGHUP, and is in no hurry.
    if (signal != SIGHUP && now - first >= kSameOrderNs) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);  // is blocked here, so that it takes effect on return
    }
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = note_arrival;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaction(signal, &action, nullptr);
    }
    std::signal(SIGPIPE, SIG_IGN);  // whoever reads our output may leave; the run goes on and its record is written
}

bool interrupted() { return arrived_ns.load(std::memory_order_relaxed) != 0; }

}  // namespace blkhang
