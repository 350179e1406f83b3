// SPDX-License-Identifier: GPL-2.0-only
#include "judge/trigger_field.h"

#include <fmt/format.h>

namespace blkhang {

std::string trigger_field(std::string_view trigger, std::string_view count) {
    return fmt::format("{}{}_{}", kTriggerPrefix, trigger, count);
}

std::string_view trigger_of(std::string_view field, std::string_view count) {
    const auto around = kTriggerPrefix.size() + 1 + count.size();
    if (!field.starts_with(kTriggerPrefix) || !field.ends_with(count) || field.size() <= around) {
        return {};
    }
    const auto trigger = field.substr(kTriggerPrefix.size(), field.size() - around);
    return field[field.size() - count.size() - 1] == '_' ? trigger : std::string_view{};
}

}  // namespace blkhang
