// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "base/result.h"

namespace blkhang {

/// What ends a hang that nothing else has ended, and the host with it. Prepared before anything can freeze: then it
/// opens nothing, makes nothing and asks nobody.
class LastResort {
public:
    LastResort() = default;
    LastResort(const LastResort&) = delete;
    LastResort& operator=(const LastResort&) = delete;
    LastResort(LastResort&&) = delete;
    LastResort& operator=(LastResort&&) = delete;
    virtual ~LastResort() = default;

    /// What it does, for "unless that ends, ...": "/dev/watchdog0 resets this host".
    [[nodiscard]] virtual std::string what() const = 0;
    /// Sets it going. Where it cannot be any more, says why.
    virtual Status begin() = 0;
    /// Goes the way of begin() and sets nothing going, so that what that takes is in memory (rehearsal.h).
    virtual void rehearse() {}
    /// Stops it, as long as it can be. Must not fail where it was not begun.
    virtual void cancel() = 0;
};

}  // namespace blkhang
