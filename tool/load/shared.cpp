// SPDX-License-Identifier: GPL-2.0-only
#include "load/shared.h"

#include <sys/mman.h>

#include <chrono>
#include <new>
#include <thread>
#include <utility>

namespace blkhang {

Result<SharedCounters> SharedCounters::make() {
    void* memory = ::mmap(nullptr, sizeof(LoadCounters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return fail_errno("mapping shared memory for the load's counters");
    }
    return SharedCounters(new (memory) LoadCounters);
}

SharedCounters::SharedCounters(SharedCounters&& other) noexcept : counters_(std::exchange(other.counters_, nullptr)) {}

SharedCounters::~SharedCounters() {
    if (counters_ != nullptr) {
        ::munmap(counters_, sizeof(LoadCounters));
    }
}

void wait_for_go(const LoadCounters& counters) {
    while (!counters.go.load(std::memory_order_acquire)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

}  // namespace blkhang
