// SPDX-License-Identifier: GPL-2.0-only
#include "watch/shared_ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace blkhang {
namespace {

/// In front of each text: its size and its kind.
constexpr std::size_t kHead = sizeof(std::uint32_t) + 1;

}  // namespace

void SharedRing::Unmap::operator()(void* memory) const { ::munmap(memory, bytes); }

Result<SharedRing> SharedRing::make(std::size_t bytes) {
    // Whoever must not wait for memory when it writes locks its own before.
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return fail_errno("sharing memory between the watcher and those it tells");
    }
    new (memory) Control;
    return SharedRing(memory, bytes);
}

void SharedRing::copy_in(std::uint64_t at, const char* from, std::size_t size) {
    const std::size_t place = at % bytes_;
    const std::size_t first = std::min(size, bytes_ - place);
    std::memcpy(data() + place, from, first);
    std::memcpy(data(), from + first, size - first);
}

void SharedRing::copy_out(std::uint64_t at, char* to, std::size_t size) const {
    const std::size_t place = at % bytes_;
    const std::size_t first = std::min(size, bytes_ - place);
    std::memcpy(to, data() + place, first);
    std::memcpy(to + first, data(), size - first);
}

bool SharedRing::fits(std::string_view text) const {
    const auto& control = this->control();
    const auto held = control.written.load(std::memory_order_relaxed) - control.taken.load(std::memory_order_acquire);
    return text.size() <= UINT32_MAX && kHead + text.size() <= bytes_ - held;
}

bool SharedRing::put(char kind, std::string_view text) {
    auto& control = this->control();
    if (!fits(text)) {
        ++control.left_out;
        return false;
    }
    const auto written = control.written.load(std::memory_order_relaxed);
    const auto size = static_cast<std::uint32_t>(text.size());
    char size_bytes[sizeof(size)];
    std::memcpy(size_bytes, &size, sizeof(size));
    copy_in(written, size_bytes, sizeof(size));
    copy_in(written + sizeof(size), &kind, 1);
    copy_in(written + kHead, text.data(), text.size());
    control.written.store(written + kHead + text.size(), std::memory_order_release);
    return true;
}

bool SharedRing::take(char& kind, std::string& text) {
    auto& control = this->control();
    const auto taken = control.taken.load(std::memory_order_relaxed);
    if (control.written.load(std::memory_order_acquire) == taken) {
        return false;
    }
    std::uint32_t size = 0;
    char size_bytes[sizeof(size)];
    copy_out(taken, size_bytes, sizeof(size));
    std::memcpy(&size, size_bytes, sizeof(size));
    copy_out(taken + sizeof(size), &kind, 1);
    text.resize(size);
    copy_out(taken + kHead, text.data(), size);
    control.taken.store(taken + kHead + size, std::memory_order_release);
    return true;
}

}  // namespace blkhang
