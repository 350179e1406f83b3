// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace blkhang {

/// Zeroed memory for direct IO, which wants it to begin where a page does.
class AlignedBuffer {
public:
    explicit AlignedBuffer(std::size_t pages_of_bytes)
        : memory_(static_cast<char*>(std::aligned_alloc(kPage, pages_of_bytes)), &std::free), size_(pages_of_bytes) {
        if (memory_ == nullptr) {
            throw std::bad_alloc();
        }
        std::memset(memory_.get(), 0, size_);
    }
    [[nodiscard]] char* data() { return memory_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kPage = 4096;
    std::unique_ptr<char, decltype(&std::free)> memory_;
    std::size_t size_;
};

}  // namespace blkhang
