// SPDX-License-Identifier: GPL-2.0-only
#include "load/shared.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <new>
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

std::optional<WrittenLimit> limit_being_written(const LoadCounters& counters, std::int32_t pid) {
    for (const auto& writer : counters.limit_writers) {
        const std::uint64_t number = writer.write;
        const WrittenLimit limit{writer.throttle, number};
        if (writer.pid == pid && number % 2 == 1 && writer.write == number) {
            return limit;
        }
    }
    return std::nullopt;
}

void wait_for_go(LoadCounters& counters) {
    while (counters.go.load(std::memory_order_acquire) == 0) {
        // Not FUTEX_PRIVATE: the waiters are other processes. Returns at once if the value has changed by now.
        ::syscall(SYS_futex, &counters.go, FUTEX_WAIT, 0, nullptr, nullptr, 0);
    }
}

void give_go(LoadCounters& counters) {
    counters.go.store(1, std::memory_order_release);
    ::syscall(SYS_futex, &counters.go, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace blkhang
