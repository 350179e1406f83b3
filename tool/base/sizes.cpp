// SPDX-License-Identifier: GPL-2.0-only
#include "base/sizes.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include <fmt/format.h>

namespace blkhang {
namespace {

struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};
// Largest first: formatting takes the first that divides.
constexpr std::array kSizeUnits{Unit{"TiB", std::uint64_t{1} << 40}, Unit{"GiB", std::uint64_t{1} << 30},
                                Unit{"MiB", std::uint64_t{1} << 20}, Unit{"KiB", std::uint64_t{1} << 10}, Unit{"", 1}};
constexpr std::array kDurationUnits{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1}};

Result<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t limit,
                            std::string_view expected) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
    if (error == std::errc::invalid_argument) {
        return fail(Fault::usage, fmt::format("'{}': expected {}", text, expected));
    }
    for (const Unit& unit : units) {
        if (unit.suffix != suffix) {
            continue;
        }
        if (error == std::errc::result_out_of_range || number > limit / unit.factor) {
            return fail(Fault::usage, fmt::format("'{}': too large", text));
        }
        return number * unit.factor;
    }
    if (suffix.empty()) {
        return fail(Fault::usage, fmt::format("'{}': the unit is missing; expected {}", text, expected));
    }
    return fail(Fault::usage, fmt::format("'{}': unknown unit '{}'; expected {}", text, suffix, expected));
}

std::string format(std::uint64_t number, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (number != 0 && number % unit.factor == 0) {
            return fmt::format("{}{}", number / unit.factor, unit.suffix);
        }
    }
    return fmt::format("0{}", units.back().suffix);
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    return parse(text, kSizeUnits, std::numeric_limits<std::uint64_t>::max(),
                 "a size such as 4KiB, 256MiB, 1GiB or a number of bytes");
}

std::string format_size(std::uint64_t bytes) { return format(bytes, kSizeUnits); }

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    // In nanoseconds it must fit 63 bits, too: that is what clocks count in.
    constexpr std::uint64_t kLimit = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    auto milliseconds = parse(text, kDurationUnits, kLimit, "a duration such as 500ms, 60s, 2m or 1h");
    if (!milliseconds) {
        return fail(milliseconds.error());
    }
    return std::chrono::milliseconds(*milliseconds);
}

std::string format_duration(std::chrono::milliseconds span) {
    return span.count() == 0 ? "0s" : format(static_cast<std::uint64_t>(span.count()), kDurationUnits);
}

}  // namespace blkhang
