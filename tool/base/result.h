// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace blkhang {

/// Whose fault a failure is; decides the exit code (DESIGN: 2, 4, 5).
enum class Fault {
    usage,        ///< the user asked for something that does not exist or makes no sense
    unsupported,  ///< this kernel or host lacks what was asked for
    broken,       ///< blkhang, its guest or the machine under it failed
};

/// A failure with the chain of what was being done, outermost first, and what the user can do about it.
class Error {
public:
    Error(Fault fault, std::string message) : fault_(fault), chain_{std::move(message)} {}
    /// Several failures at once, such as all mistakes in a file; at least one.
    Error(Fault fault, std::vector<std::string> messages)
        : fault_(fault), chain_{std::move(messages.front())}, others_(std::next(messages.begin()), messages.end()) {}

    /// `message: strerror(errno_value)`, fault `broken`.
    static Error from_errno(int errno_value, std::string_view message);

    /// Says what was being attempted when this failure happened.
    Error&& within(std::string context) && {
        chain_.insert(chain_.begin(), std::move(context));
        return std::move(*this);
    }
    /// Says what the user can do. Printed last; the innermost hint wins.
    Error&& hint(std::string text) && {
        if (hint_.empty()) {
            hint_ = std::move(text);
        }
        return std::move(*this);
    }

    [[nodiscard]] Fault fault() const { return fault_; }
    [[nodiscard]] const std::vector<std::string>& chain() const { return chain_; }
    /// `context: context: message (hint)`; of several failures one after the other.
    [[nodiscard]] std::vector<std::string> messages() const;
    /// Those, each on a line.
    [[nodiscard]] std::string message() const;

private:
    Fault fault_;
    std::vector<std::string> chain_;
    std::vector<std::string> others_;
    std::string hint_;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Fault fault, std::string message) {
    return tl::make_unexpected(Error(fault, std::move(message)));
}
inline tl::unexpected<Error> fail(Error error) { return tl::make_unexpected(std::move(error)); }
/// Hands on a failure with the words for what was being done.
inline tl::unexpected<Error> fail_within(Error error, std::string context) {
    return tl::make_unexpected(std::move(error).within(std::move(context)));
}
tl::unexpected<Error> fail_errno(std::string_view message);  ///< uses the current errno

}  // namespace blkhang
