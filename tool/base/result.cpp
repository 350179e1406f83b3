// SPDX-License-Identifier: GPL-2.0-only
#include "base/result.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blkhang {

Error Error::from_errno(int errno_value, std::string_view message) {
    return {Fault::broken, fmt::format("{}: {}", message, std::generic_category().message(errno_value))};
}

std::string Error::message() const {
    std::string line = fmt::format("{}", fmt::join(chain_, ": "));
    if (!hint_.empty()) {
        line += fmt::format(" ({})", hint_);
    }
    return line;
}

tl::unexpected<Error> fail_errno(std::string_view message) { return fail(Error::from_errno(errno, message)); }

}  // namespace blkhang
