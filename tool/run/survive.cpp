// SPDX-License-Identifier: GPL-2.0-only
#include "run/survive.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/io_flusher.h"

namespace blkhang {
namespace {

constexpr std::size_t kThreadStack = 256 << 10;
constexpr int kLargeBlock = 128 << 10;

/// Grows the heap now, so that no later allocation asks the kernel for memory or gives any back.
void grow_heap(std::size_t bytes) {
    ::mallopt(M_MMAP_MAX, 0);
    ::mallopt(M_TRIM_THRESHOLD, -1);
    const std::unique_ptr<void, decltype(&std::free)> block{std::malloc(bytes), &std::free};
    if (block) {
        std::memset(block.get(), 0, bytes);
    }
}

Status lock_all_memory() { return ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? Status{} : fail_errno("locking memory"); }

}  // namespace

void return_large_blocks() {
    // Unless it is set, the threshold grows with the first large block that is freed.
    ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
}

void keep_threads_small() {
    ::mallopt(M_ARENA_MAX, 1);  // each further heap would reserve, and so lock, 64 MiB
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) == 0) {
        ::pthread_attr_setstacksize(&attributes, kThreadStack);
        ::pthread_setattr_default_np(&attributes);
        ::pthread_attr_destroy(&attributes);
    }
}

Status prepare_to_survive(std::size_t heap_bytes, ProgramPages program) {
    if (auto exempt = write_knob("/proc/self/oom_score_adj", "-1000"); !exempt) {
        return fail_within(exempt.error(), "leaving the OOM killer's reach");
    }
    grow_heap(heap_bytes);
    if (auto locked = program == ProgramPages::all ? lock_all_memory() : lock_touched_memory(); !locked) {
        return locked;
    }
    static_cast<void>(become_io_flusher());  // before 5.6 there is nothing to put in its place
    const sched_param priority{.sched_priority = 50};
    if (::sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
        return fail_errno("asking for real-time scheduling");
    }
    return {};
}

Result<std::size_t> locked_memory() {
    const auto status = read_file("/proc/self/status");
    if (!status) {
        return fail(status.error());
    }
    constexpr std::string_view kKey = "VmLck:";
    const auto at = status->find(kKey);
    const auto digits = status->find_first_of("0123456789", at);
    std::size_t kib = 0;
    if (at == std::string::npos || digits == std::string::npos ||
        std::from_chars(&(*status)[digits], status->data() + status->size(), kib).ec != std::errc{}) {
        return fail(Fault::broken, "/proc/self/status has no VmLck");
    }
    return kib * 1024;
}

}  // namespace blkhang
