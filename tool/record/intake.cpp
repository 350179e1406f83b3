// SPDX-License-Identifier: GPL-2.0-only
#include "record/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/sizes.h"
#include "record/json.h"
#include "record/stream.h"

namespace blkhang {
namespace {

std::size_t index_of(std::string_view type) {
    return static_cast<std::size_t>(&limits::quota_of(type) - limits::kQuotas.data());
}

}  // namespace

Intake::Intake(std::chrono::seconds load) : factor_(limits::growth(load)) {}

bool Intake::admits(std::string_view line) {
    const std::uint64_t bytes = line.size() + 1;
    if (ended_) {
        after_end_.add(bytes);
        return false;
    }
    const auto index = index_of(type_of(line));
    const auto& quota = limits::kQuotas.at(index);
    const auto factor = quota.grows ? factor_ : 1;
    Type& type = types_.at(index);
    std::uint64_t weight = bytes;
    const auto has_room = [&] {
        if (line.size() > quota.line || type.kept.lines >= quota.lines * factor ||
            type.kept.bytes + bytes > quota.bytes * factor) {
            return false;
        }
        const auto values = weight_of(line).values;
        weight = std::max<std::uint64_t>(bytes, kValue * (values - std::min(values, kMembers)));
        return type.kept.bytes + weight <= quota.bytes * factor;
    };
    if (!has_room()) {
        type.dropped.add(bytes);
        lost_track_ |= quota.tells_waits;
        return false;
    }
    type.kept.add(weight);
    ended_ = quota.type == "end";
    return true;
}

void Intake::overlong(std::uint64_t bytes) {
    (ended_ ? after_end_ : overlong_).add(bytes);
    lost_track_ |= !ended_;
}

std::size_t Intake::admits_of_console(std::string_view chunk) {
    const auto room = std::min(chunk.size(), limits::kConsole - console_kept_);
    console_kept_ += room;
    console_dropped_ += chunk.size() - room;
    return room;
}

bool Intake::lost_track() { return std::exchange(lost_track_, false); }

std::vector<Truncation> Intake::truncations() const {
    std::vector<Truncation> result;
    for (std::size_t i = 0; i < types_.size(); ++i) {
        const auto& quota = limits::kQuotas.at(i);
        const auto factor = quota.grows ? factor_ : 1;
        if (const auto& dropped = types_.at(i).dropped; dropped.lines > 0) {
            result.push_back({fmt::format("{} events", quota.type),
                              fmt::format("{} lines or {}, or lines of {}", quota.lines * factor,
                                          format_size(quota.bytes * factor), format_size(quota.line)),
                              dropped.lines, dropped.bytes});
        }
    }
    if (overlong_.lines > 0) {
        result.push_back({"lines that are too long", format_size(limits::kLine), overlong_.lines, overlong_.bytes});
    }
    if (after_end_.lines > 0) {
        result.push_back(
            {"lines after the last", "the event that ends the stream", after_end_.lines, after_end_.bytes});
    }
    if (console_dropped_ > 0) {
        result.push_back({"console", format_size(limits::kConsole), 0, console_dropped_});
    }
    return result;
}

}  // namespace blkhang
