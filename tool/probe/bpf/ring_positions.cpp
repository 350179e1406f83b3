// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/ring_positions.h"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace blkhang {
namespace {

/// Null if it cannot be mapped.
void* map_page(int ring, std::size_t page, std::size_t index) {
    void* const mapped = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, ring, static_cast<off_t>(index * page));
    return mapped == MAP_FAILED ? nullptr : mapped;
}

unsigned long read(const void* position) {
    return __atomic_load_n(static_cast<const unsigned long*>(position), __ATOMIC_ACQUIRE);
}

}  // namespace

Result<RingPositions> RingPositions::map(int ring) {
    RingPositions positions(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
    positions.consumer_ = map_page(ring, positions.page_, 0);
    positions.producer_ = map_page(ring, positions.page_, 1);
    if (positions.consumer_ == nullptr || positions.producer_ == nullptr) {
        return fail_errno("mapping the positions of the event ring");
    }
    return positions;
}

RingPositions::RingPositions(RingPositions&& other) noexcept
    : page_(other.page_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)) {}

RingPositions::~RingPositions() {
    for (void* mapped : {consumer_, producer_}) {
        if (mapped != nullptr) {
            ::munmap(mapped, page_);
        }
    }
}

unsigned long RingPositions::consumed() const { return read(consumer_); }

bool RingPositions::reader_is_behind(unsigned long position) const {
    return read(consumer_) == position && read(producer_) != position;
}

}  // namespace blkhang
