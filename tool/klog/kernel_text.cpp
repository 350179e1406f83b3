// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_text.h"

#include <charconv>

namespace blkhang::kernel_text {
namespace {

constexpr std::string_view kBlank = " \t\r";

bool is_stamp(std::string_view inside) {
    return !inside.empty() && contains(inside, ".") &&
           inside.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_caller(std::string_view inside) {
    return inside.size() > 1 && (inside[0] == 'T' || inside[0] == 'C') &&
           inside.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

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

std::optional<std::int32_t> whole_number(std::string_view text) {
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<std::int32_t> leading_number(std::string_view text) {
    text = trimmed(text);
    return whole_number(text.substr(0, text.find_first_not_of("0123456789")));
}

std::optional<std::uint64_t> leading_count(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

std::optional<KernelReport::Task> named_task(std::string_view text, char separator) {
    const auto at = text.rfind(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto pid = whole_number(text.substr(at + 1));
    return pid ? std::optional(KernelReport::Task{*pid, std::string(text.substr(0, at)), {}, {}}) : std::nullopt;
}

Line without_prefix(std::string_view text) {
    Line line{{}, trimmed(text)};
    if (line.text.starts_with('<') && line.text.size() > 2 && line.text[1] >= '0' && line.text[1] <= '9') {
        line.text = trimmed(after(line.text, ">").value_or(line.text));
    }
    while (line.text.starts_with('[')) {
        const auto sides = split(line.text.substr(1), "]");
        const auto inside = sides ? trimmed(sides->first) : std::string_view{};
        if (is_caller(inside)) {
            line.caller = inside;
        } else if (!is_stamp(inside)) {
            break;
        }
        line.text = trimmed(sides->second);
    }
    return line;
}

std::string unescaped(std::string_view text) {
    std::string result;
    while (const auto sides = split(text, "\\x")) {
        const auto& [before, rest] = *sides;
        unsigned byte = 0;
        const auto digits = rest.substr(0, 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        const bool is_escape = error == std::errc{} && end == digits.data() + 2;
        result += before;
        result += is_escape ? std::string(1, static_cast<char>(byte)) : "\\x";
        text = rest.substr(is_escape ? 2 : 0);
    }
    return result.append(text);
}

}  // namespace blkhang::kernel_text
