// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>

#include "base/result.h"

namespace blkhang {

/// Where the reader and the writers of a BPF ring buffer have come to, in bytes, as the kernel shows it to user space.
/// Reading them makes no system call.
class RingPositions {
public:
    /// `ring` is the map's descriptor, which may be closed afterwards.
    static Result<RingPositions> map(int ring);
    RingPositions(RingPositions&& other) noexcept;
    RingPositions& operator=(RingPositions&&) = delete;
    RingPositions(const RingPositions&) = delete;
    RingPositions& operator=(const RingPositions&) = delete;
    ~RingPositions();

    [[nodiscard]] unsigned long consumed() const;
    /// Has the reader not come past this position although there is more?
    [[nodiscard]] bool reader_is_behind(unsigned long position) const;

private:
    explicit RingPositions(std::size_t page) : page_(page) {}
    std::size_t page_;  ///< size of each mapping
    void* consumer_ = nullptr;
    void* producer_ = nullptr;
};

}  // namespace blkhang
