// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/printable.h"
#include "base/result.h"

namespace blkhang {

/// What a terminal may get: words of our own, with foreign text in them made printable. There is no other way to make
/// one and no other way to print, so that text of a stranger cannot be forgotten: it would not compile.
class Shown {
public:
    /// A text of several lines.
    static Shown lines(std::string_view text) { return Shown(printable_lines(text)); }
    /// The same of a report, whose colours stay: escape sequences that make text bold or give it one of the eight
    /// colours. Its author has made all that is foreign in it printable; this holds him to that but for colours.
    static Shown painted(std::string_view report);

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    explicit Shown(std::string text) : text_(std::move(text)) {}
    template <class... Values>
    friend struct Words;

    std::string text_;
};

/// The words around values: a literal, looked at while compiling.
template <class... Values>
struct Words {
    /// How a value goes into the words: numbers and what is Shown as they are, all other text made printable.
    template <class Value>
    static auto argument(const Value& value) {
        if constexpr (std::is_same_v<Value, Shown>) {
            return value.text();
        } else if constexpr (std::is_same_v<Value, char>) {
            return printable(std::string_view(&value, 1));
        } else if constexpr (std::is_arithmetic_v<Value>) {
            return value;
        } else {
            return printable(value);
        }
    }
    using Format = fmt::format_string<decltype(argument(std::declval<const Values&>()))...>;

    template <std::size_t size>
    consteval Words(const char (&literal)[size]) : format(literal) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] Shown with(const Values&... values) const { return Shown(fmt::format(format, argument(values)...)); }

    Format format;
};

/// `shown("{} holds no record\n", path)`, in {fmt}'s notation. Of foreign text only what fits on one line: see lines().
template <class... Values>
Shown shown(const std::type_identity_t<Words<std::decay_t<const Values&>...>>& words, const Values&... values) {
    return words.with(values...);
}

/// Writes to standard output. A failure is remembered for printed(): whoever prints goes on.
void print(const Shown& text);
/// Has everything gone out that was printed?
Status printed();
/// Writes to standard error. A failure is nobody's to know.
void complain(const Shown& text);
/// Writes to a terminal, say, that was opened by others.
Status show(int fd, const Shown& text);

}  // namespace blkhang
