// SPDX-License-Identifier: GPL-2.0-only
#include "profile/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "base/limits.h"
#include "profile/toml_keys.h"

namespace blkhang {
namespace toml_settings {
namespace {

struct AssertionFailed : std::logic_error {
    using std::logic_error::logic_error;
};

}  // namespace

void assertion_failed(const char* what) { throw AssertionFailed(what); }

}  // namespace toml_settings

namespace {

bool fails_an_assertion(std::string_view text) {
    try {
        static_cast<void>(toml::parse(text));
    } catch (const toml_settings::AssertionFailed&) {
        return true;
    }
    return false;
}

/// The line, from 1, in which the parser met what it asserts never to meet. It reads from the beginning on, so that it
/// is the last one of the shortest text of whole lines that does the same.
std::size_t line_of_failed_assertion(std::string_view text) {
    std::vector<std::size_t> ends;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
        ends.push_back(end + 1);
    }
    const auto found = std::partition_point(ends.begin(), ends.end(),
                                            [&](std::size_t end) { return !fails_an_assertion(text.substr(0, end)); });
    return static_cast<std::size_t>(found - ends.begin()) + 1;
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, std::string_view file_name) {
    if (const auto line = line_of_deep_key(text, limits::kTomlKeyParts)) {
        return fail(Fault::usage,
                    fmt::format("{}:{}:1: a key of more than {} parts", file_name, *line, limits::kTomlKeyParts));
    }
    if (const auto line = line_of_letter_outside_strings(text)) {
        return fail(
            Fault::usage,
            fmt::format("{}:{}:1: not valid TOML: a letter beyond ASCII stands outside of a string", file_name, *line));
    }
    try {
        toml::parse_result parsed = toml::parse(text);
        if (parsed) {
            return std::move(parsed).table();
        }
        const auto& error = parsed.error();
        return fail(Fault::usage, fmt::format("{}:{}:{}: not valid TOML: {}", file_name, error.source().begin.line,
                                              error.source().begin.column, error.description()));
    } catch (const toml_settings::AssertionFailed&) {
        return fail(Fault::usage, fmt::format("{}:{}:1: not valid TOML: this line has something else where a key or a "
                                              "value should be",
                                              file_name, line_of_failed_assertion(text)));
    }
}

}  // namespace blkhang
