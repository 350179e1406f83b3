// SPDX-License-Identifier: GPL-2.0-only
#include "judge/standstill.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/units.h"

namespace blkhang {
namespace {

/// Healthy kernels under this load stood still for up to 15 s.
constexpr std::uint64_t kLongNs = 15 * kNsPerS;

/// Does this number of a run's load grow while the load gets something done? Sizes and settings tell nothing.
bool is_progress(std::string_view load_field) {
    constexpr std::array<std::string_view, 3> kOthers{"writers", "locked_bytes", "free_bytes"};
    constexpr std::array<std::string_view, 3> kTries{"_failures", "_errno", "_attempts"};
    return std::ranges::find(kOthers, load_field) == kOthers.end() &&
           std::ranges::none_of(kTries, [&](std::string_view end) { return load_field.ends_with(end); });
}

}  // namespace

void Standstill::observe(const seen::Counters& counters) {
    std::map<std::string, std::uint64_t> now;
    for (const auto& [field, count] : counters.load) {
        if (is_progress(field)) {
            now.emplace(field, count);
        }
    }
    const bool grew = std::ranges::any_of(now, [this](const auto& field) {
        const auto known = latest_.find(field.first);
        return known == latest_.end() || field.second > known->second;
    });
    if (grew) {
        moved_ns_ = counters.at_ns;
    }
    latest_ = std::move(now);
    latest_ns_ = std::max(latest_ns_, counters.at_ns);
}

std::optional<std::uint64_t> Standstill::since_ns(std::uint64_t now_ns) const {
    const bool long_ago = still_for_ns(std::max(now_ns, latest_ns_)) >= kLongNs;
    return long_ago ? std::optional(moved_ns_) : std::nullopt;
}

std::uint64_t Standstill::still_for_ns(std::uint64_t now_ns) const {
    return latest_.empty() || now_ns < moved_ns_ ? 0 : now_ns - moved_ns_;
}

}  // namespace blkhang
