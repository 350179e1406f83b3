// SPDX-License-Identifier: GPL-2.0-only
#include "base/signals.h"

#include <csignal>

#include <atomic>

namespace blkhang {
namespace {

std::atomic<bool> arrived{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void note_arrival(int /*signal*/) { arrived.store(true, std::memory_order_relaxed); }

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

bool interrupted() { return arrived.load(std::memory_order_relaxed); }

}  // namespace blkhang
