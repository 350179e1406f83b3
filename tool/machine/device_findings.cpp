// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace blkhang {
namespace {

struct ReasonRow {
    std::string_view word;
    bool waived;
    const char* clear;
};
constexpr std::array kReasonRows = {
#define DEVICE_REASON(value, word, waived, clear) ReasonRow{word, waived, clear},
#include "machine/device_reasons.def"
#undef DEVICE_REASON
};

const ReasonRow& row_of(DeviceReason reason) { return kReasonRows.at(static_cast<std::size_t>(reason)); }

/// What clears it, for this device.
std::string clearing(DeviceReason reason, const std::string& device, const std::string& subject) {
    return fmt::format(fmt::runtime(row_of(reason).clear), fmt::arg("device", device), fmt::arg("subject", subject));
}

}  // namespace

std::string_view word(DeviceReason reason) { return row_of(reason).word; }
bool waived_by_overwrite(DeviceReason reason) { return row_of(reason).waived; }

std::filesystem::path DeviceFindings::path_of(std::size_t device) const {
    return node_of(roots_, tree_.at(device).name);
}

void DeviceFindings::keep(std::size_t device, ReasonAgainst reason) {
    auto& reasons = reasons_.at(device);
    if (std::ranges::find(reasons, reason) == reasons.end()) {
        reasons.push_back(std::move(reason));
    }
}

void DeviceFindings::add(std::size_t device, DeviceReason reason, const std::string& fact, const std::string& subject) {
    keep(device, {reason, fact, clearing(reason, path_of(device).string(), subject)});
}

void DeviceFindings::add_downwards(std::size_t device, DeviceReason reason, const std::string& fact,
                                   const std::string& subject) {
    const ReasonAgainst made{reason, fact, clearing(reason, path_of(device).string(), subject)};
    for (const std::size_t below : tree_.downwards(device)) {
        keep(below, made);
    }
}

void DeviceFindings::add_to_all(DeviceReason reason, const std::string& fact, const std::string& subject) {
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
        add(i, reason, fact, subject);
    }
}

}  // namespace blkhang
