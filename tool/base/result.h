// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
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

    /// `message: strerror(errno_value)`, which is kept as a value, too.
    static Error from_errno(int errno_value, std::string_view message, Fault fault = Fault::broken);

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
    /// What the system said, where it is what failed: for whoever does something about it. Texts are for people.
    [[nodiscard]] std::optional<int> errno_value() const { return errno_value_; }
    [[nodiscard]] const std::vector<std::string>& chain() const { return chain_; }
    /// `context: context: message (hint)`; of several failures one after the other.
    [[nodiscard]] std::vector<std::string> messages() const;
    /// Those, each on a line.
    [[nodiscard]] std::string message() const;

private:
    Fault fault_;
    std::optional<int> errno_value_;
    std::vector<std::string> chain_;
    std::vector<std::string> others_;
    std::string hint_;
};

/// A value, or why there is none. To drop one unlooked at does not compile.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
    using Base = tl::expected<T, Error>;

public:
    using Base::Base;
    Result() = default;
    Result(Base base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor): the same thing

    /// As tl::expected has them, for functions that return results.
    template <class F>
    auto and_then(F&& next) & {
        return handed_to(std::forward<F>(next), *this);
    }
    template <class F>
    auto and_then(F&& next) const& {
        return handed_to(std::forward<F>(next), *this);
    }
    template <class F>
    auto and_then(F&& next) && {
        return handed_to(std::forward<F>(next), std::move(*this));
    }
    template <class F>
    auto map(F&& change) const& {
        return as_result(static_cast<const Base&>(*this).map(std::forward<F>(change)));
    }
    template <class F>
    auto map(F&& change) && {
        return as_result(static_cast<Base&&>(*this).map(std::forward<F>(change)));
    }
    template <class F>
    auto map_error(F&& change) && {
        return as_result(static_cast<Base&&>(*this).map_error(std::forward<F>(change)));
    }

private:
    template <class U>
    static Result<U> as_result(tl::expected<U, Error>&& base) {
        return std::move(base);
    }
    template <class F, class Self>
    static auto handed_to(F&& next, Self&& self) {
        if constexpr (std::is_void_v<T>) {
            using Next = std::invoke_result_t<F>;
            return self ? std::invoke(std::forward<F>(next)) : Next(tl::unexpect, std::forward<Self>(self).error());
        } else {
            using Next = std::invoke_result_t<F, decltype(*std::forward<Self>(self))>;
            return self ? std::invoke(std::forward<F>(next), *std::forward<Self>(self))
                        : Next(tl::unexpect, std::forward<Self>(self).error());
        }
    }
};
using Status = Result<void>;

inline tl::unexpected<Error> fail(Fault fault, std::string message) {
    return tl::make_unexpected(Error(fault, std::move(message)));
}
/// Hands on a failure: `return fail(opened.error());`
inline tl::unexpected<Error> fail(Error error) { return tl::make_unexpected(std::move(error)); }
/// The same with the words for what was being done: `return fail_within(opened.error(), "reading the log");`
inline tl::unexpected<Error> fail_within(Error error, std::string context) {
    return tl::make_unexpected(std::move(error).within(std::move(context)));
}
tl::unexpected<Error> fail_errno(std::string_view message);  ///< uses the current errno

}  // namespace blkhang
