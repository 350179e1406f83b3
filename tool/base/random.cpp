// SPDX-License-Identifier: GPL-2.0-only
#include "base/random.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/fd.h"

namespace blkhang {

Status fill_with_random(std::span<std::byte> bytes) {
    if (::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
        return {};
    }
    return errno == ENOSYS ? fill_from_device(bytes) : fail_errno("getrandom");
}

Status fill_from_device(std::span<std::byte> bytes, const std::filesystem::path& device) {
    const Fd source{::open(device.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!source.valid()) {
        return fail_errno(fmt::format("opening {}", device.string()));
    }
    if (::read(source.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        return fail(Fault::broken, fmt::format("{} gave no {} bytes", device.string(), bytes.size()));
    }
    return {};
}

}  // namespace blkhang
