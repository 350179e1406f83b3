// SPDX-License-Identifier: GPL-2.0-only
#include "base/ballast.h"

#include <sys/mman.h>

#include <utility>

namespace blkhang {

Result<Ballast> Ballast::take(std::size_t bytes) {
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
    if (memory == MAP_FAILED) {
        return fail_errno("locking ballast memory");
    }
    return Ballast(memory, bytes);
}

Ballast::Ballast(Ballast&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_) {}

void Ballast::drop() {
    if (memory_ != nullptr) {
        ::munmap(std::exchange(memory_, nullptr), bytes_);
    }
}

}  // namespace blkhang
