// SPDX-License-Identifier: GPL-2.0-only
#include "base/line_page.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace blkhang {
namespace {

using Length = std::uint32_t;
constexpr std::size_t kRoom = kLinePageSize - sizeof(Length);

}  // namespace

bool put_line(void* page, std::string_view line) {
    if (line.size() > kRoom) {
        return false;
    }
    std::memcpy(static_cast<char*>(page) + sizeof(Length), line.data(), line.size());
    std::atomic_ref(*static_cast<Length*>(page)).store(static_cast<Length>(line.size()), std::memory_order_release);
    return true;
}

std::optional<std::string> get_line(int file) {
    Length length = 0;
    if (::pread(file, &length, sizeof length, 0) != sizeof length || length == 0 || length > kRoom) {
        return std::nullopt;
    }
    // A read of its own: what the length vouches for was there before it.
    std::string line(length, '\0');
    if (::pread(file, line.data(), length, sizeof length) != static_cast<ssize_t>(length)) {
        return std::nullopt;
    }
    return line;
}

}  // namespace blkhang
