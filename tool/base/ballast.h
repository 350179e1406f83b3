// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>

#include "base/result.h"

namespace blkhang {

/// Memory that is locked only to be given back: when the machine has none left, freeing it is what lets the last steps
/// (opening /proc files, the port's own buffers) get some. Children that are forked afterwards keep it from being
/// freed.
class Ballast {
public:
    static Result<Ballast> take(std::size_t bytes);
    Ballast(Ballast&& other) noexcept;
    Ballast& operator=(Ballast&&) = delete;
    Ballast(const Ballast&) = delete;
    Ballast& operator=(const Ballast&) = delete;
    ~Ballast() { drop(); }
    void drop();

private:
    Ballast(void* memory, std::size_t bytes) : memory_(memory), bytes_(bytes) {}
    void* memory_;
    std::size_t bytes_;
};

}  // namespace blkhang
