// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/line_queue.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/limits.h"

namespace blkhang {
namespace {

struct Head {
    std::uint32_t size;
    LineQueue::Tag tag;
};

}  // namespace

void LineQueue::copy_in(std::uint64_t at, const char* from, std::size_t size) {
    const std::size_t begin = at % room_.size();
    const std::size_t first = std::min(size, room_.size() - begin);
    std::memcpy(room_.data() + begin, from, first);
    std::memcpy(room_.data(), from + first, size - first);
}

void LineQueue::copy_out(std::uint64_t at, char* to, std::size_t size) const {
    const std::size_t begin = at % room_.size();
    const std::size_t first = std::min(size, room_.size() - begin);
    std::memcpy(to, room_.data() + begin, first);
    std::memcpy(to + first, room_.data(), size - first);
}

bool LineQueue::put(std::string_view line, Tag tag) {
    const std::scoped_lock guard(putting_);
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t used = tail - head_.load(std::memory_order_acquire);
    if (line.size() > limits::kLine || sizeof(Head) + line.size() > room_.size() - used) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    const Head head{static_cast<std::uint32_t>(line.size()), tag};
    std::array<char, sizeof(Head)> bytes{};
    std::memcpy(bytes.data(), &head, sizeof head);
    copy_in(tail, bytes.data(), bytes.size());
    copy_in(tail + sizeof(Head), line.data(), line.size());
    tail_.store(tail + sizeof(Head) + line.size(), std::memory_order_release);
    return true;
}

std::optional<LineQueue::Taken> LineQueue::take(std::span<char> to) {
    const std::uint64_t begin = head_.load(std::memory_order_relaxed);
    if (begin == tail_.load(std::memory_order_acquire)) {
        return std::nullopt;
    }
    Head head{};
    std::array<char, sizeof(Head)> bytes{};
    copy_out(begin, bytes.data(), bytes.size());
    std::memcpy(&head, bytes.data(), sizeof head);
    copy_out(begin + sizeof(Head), to.data(), head.size);
    head_.store(begin + sizeof(Head) + head.size, std::memory_order_release);
    return Taken{head.size, head.tag};
}

}  // namespace blkhang
