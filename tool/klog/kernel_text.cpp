// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/ascii.h"
#include "base/number.h"

namespace blkhang::kernel_text {
namespace {

constexpr std::string_view kBlank = " \t\r";

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool contains(std::string_view text, std::string_view part) {
    if (text.empty()) {  // without data, which memmem() is not to be given
        return part.empty();
    }
    return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;  // steps over most of the text
}

bool skip(std::string_view& text, std::string_view beginning) {
    const bool found = text.starts_with(beginning);
    text.remove_prefix(found ? beginning.size() : 0);
    return found;
}

std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text, std::string_view separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return std::pair{text.substr(0, at), text.substr(at + separator.size())};
}

std::optional<std::string_view> after(std::string_view text, std::string_view mark) {
    const auto sides = split(text, mark);
    return sides ? std::optional(sides->second) : std::nullopt;
}

std::optional<std::int32_t> whole_number(std::string_view text) { return number_in<std::int32_t>(text); }

std::optional<std::int32_t> leading_number(std::string_view text) {
    text = trimmed(text);
    return whole_number(text.substr(0, text.find_first_not_of("0123456789")));
}

std::optional<std::uint64_t> leading_count(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

std::size_t hex_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, ascii::is_hex) - text.begin());
}

std::string_view next_word(std::string_view& text) {
    const auto end = std::min(text.find_first_of(kBlank), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return word;
}

std::optional<TaskView> named_task(std::string_view text, char separator) {
    const auto at = text.rfind(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto pid = whole_number(text.substr(at + 1));
    return pid && *pid >= 0 ? std::optional(TaskView{text.substr(0, at), *pid, {}}) : std::nullopt;
}

}  // namespace blkhang::kernel_text
