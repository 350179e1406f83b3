// SPDX-License-Identifier: GPL-2.0-only
#include "base/result.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blkhang {
namespace {

/// No other name, path or option mends that: disks that are full or broken, limits of a process, memory.
bool is_of_the_machine(int reason) {
    constexpr std::array kReasons{ENOSPC, EDQUOT, EFBIG, EIO, EMFILE, ENFILE, ENOMEM};
    return std::ranges::find(kReasons, reason) != kReasons.end();
}

}  // namespace

Error Error::from_errno(int errno_value, std::string_view message, Fault fault) {
    Error error(is_of_the_machine(errno_value) ? Fault::broken : fault,
                fmt::format("{}: {}", message, std::generic_category().message(errno_value)));
    error.errno_value_ = errno_value;
    return error;
}

std::vector<std::string> Error::messages() const {
    std::vector<std::string> all{fmt::format("{}", fmt::join(chain_, ": "))};
    all.insert(all.end(), others_.begin(), others_.end());
    if (!hint_.empty()) {
        all.back() += fmt::format(" ({})", hint_);
    }
    return all;
}

std::string Error::message() const { return fmt::format("{}", fmt::join(messages(), "\n")); }

tl::unexpected<Error> fail_errno(std::string_view message) { return fail(Error::from_errno(errno, message)); }

}  // namespace blkhang
