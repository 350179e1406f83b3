// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "judge/observation.h"

namespace blkhang {

/// No healthy kernel under this load stands still for longer, or keeps one of its tasks waiting, on a machine however
/// busy: 15 s were seen of the load, 10 s of a task.
inline constexpr std::uint64_t kLongStandstillNs = 15 * kNsPerS;

/// For how long the load, or one of its tasks, may not stand still at the end of a load of this length that is called
/// clean: what stood still for half of it was hardly exercised.
constexpr std::uint64_t long_standstill_ns(std::uint64_t load_ns) {
    return std::clamp(load_ns / 2, kNsPerS, kLongStandstillNs);
}

/// Whether the load moves. That it does not proves nothing, for a machine short of memory stops for seconds and lives;
/// but what nothing moved in to the end was not exercised to the end either.
class Standstill {
public:
    void observe(const seen::Counters& counters);
    /// Since when nothing has moved; nothing if that is less than `long_ns` ago, or not known.
    [[nodiscard]] std::optional<std::uint64_t> since_ns(std::uint64_t now_ns, std::uint64_t long_ns) const;
    /// For how long nothing has moved by now; 0 where that is not known.
    [[nodiscard]] std::uint64_t still_for_ns(std::uint64_t now_ns) const;
    /// What stood still for as long by now, though other things may have moved: kinds of workers that exist, by their
    /// field of the load, and triggers of which no attempt has ended, though one should have.
    [[nodiscard]] std::vector<std::string> stood(std::uint64_t now_ns, std::uint64_t long_ns) const;

private:
    [[nodiscard]] bool knows_progress() const;

    struct Field {
        std::uint64_t most = 0;     ///< ever told
        std::uint64_t grew_ns = 0;  ///< when that was first told
    };
    [[nodiscard]] bool trigger_stood(std::string_view trigger, const Field& attempts, std::uint64_t now_ns,
                                     std::uint64_t long_ns) const;
    std::map<std::string, Field, std::less<>> fields_;
    std::uint64_t moved_ns_ = 0, latest_ns_ = 0;
};

}  // namespace blkhang
