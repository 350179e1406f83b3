// SPDX-License-Identifier: GPL-2.0-only
#include "machine/boot_time.h"

#include <charconv>
#include <string_view>

#include "base/file.h"
#include "base/units.h"

namespace blkhang {

std::optional<std::uint64_t> boot_time_ns(const std::filesystem::path& proc) {
    constexpr std::string_view kKey = "\nbtime ";
    const auto stat = read_file(proc / "stat");
    const auto at = stat ? stat->find(kKey) : std::string::npos;
    if (at == std::string::npos) {
        return std::nullopt;
    }
    std::uint64_t seconds = 0;
    const char* const begin = stat->data() + at + kKey.size();
    if (std::from_chars(begin, stat->data() + stat->size(), seconds).ec != std::errc{} ||
        seconds > UINT64_MAX / kNsPerS) {
        return std::nullopt;
    }
    return seconds * kNsPerS;
}

}  // namespace blkhang
