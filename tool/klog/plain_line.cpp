// SPDX-License-Identifier: GPL-2.0-only
#include "klog/plain_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "klog/kernel_text.h"

namespace blkhang {
namespace {

constexpr char kEscape = '\x1b';

/// The number that so many digits at the beginning of the text are; nothing if they are not all there.
std::optional<unsigned> number_of(std::string_view text, std::size_t digits, int base) {
    unsigned number = 0;
    if (text.size() < digits) {
        return std::nullopt;
    }
    const auto* const end = text.data() + digits;
    const auto parsed = std::from_chars(text.data(), end, number, base);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{number} : std::nullopt;
}

/// Behind what a terminal would obey: the sequence that begins with the escape at the front.
std::string_view behind_sequence(std::string_view text) {
    const auto is_parameter = [](char c) { return c >= ' ' && c <= '?'; };
    text.remove_prefix(1);
    if (text.empty()) {
        return text;
    }
    const char kind = text.front();
    text.remove_prefix(1);
    if (kind == '[') {
        text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(text, is_parameter) - text.begin()));
        text.remove_prefix(std::min<std::size_t>(1, text.size()));
    } else if (kind == ']') {
        const auto end = text.find_first_of("\x07\x1b");
        const std::size_t terminator = end < text.size() && text[end] == kEscape ? 2 : 1;
        text.remove_prefix(end == std::string_view::npos ? 0 : std::min(end + terminator, text.size()));
    } else if (kind == '(' || kind == ')') {
        text.remove_prefix(std::min<std::size_t>(1, text.size()));
    }
    return text;
}

/// Undoes escapes that stand for one byte.
std::string without_escapes(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        std::optional<unsigned> byte;
        std::size_t length = 1;
        if (text.starts_with("\\x")) {
            byte = number_of(text.substr(2), 2, 16);
            length = 4;
        } else if (text.starts_with("#0") || text.starts_with("#177")) {  // rsyslog's, of control characters
            byte = number_of(text.substr(1), 3, 8);
            length = 4;
        }
        result += byte ? static_cast<char>(*byte) : text.front();
        text.remove_prefix(byte ? length : 1);
    }
    return result;
}

std::string without_control(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const char c = text.front();
        if (c == kEscape) {
            text = behind_sequence(text);
            continue;
        }
        if (c == '\r') {
            result += '\n';
        } else if (static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n') {
            result += c;
        }
        text.remove_prefix(1);
    }
    return result;
}

void add_json_escape(std::string& result, std::string_view& text) {
    const char kind = text.front();
    text.remove_prefix(1);
    constexpr std::string_view kLetters = "nrtbf";
    constexpr std::string_view kMeant = "\n\r\t\b\f";
    if (kind == 'u') {
        const auto code = number_of(text, 4, 16);
        text.remove_prefix(code ? 4 : 0);
        result += code && *code < 0x80 ? static_cast<char>(*code) : '?';
        return;
    }
    const auto at = kLetters.find(kind);
    result += at == std::string_view::npos ? kind : kMeant[at];
}

/// The text of a JSON string, of which the quote at the beginning is gone; up to the quote that ends it.
std::string json_string(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty() && text.front() != '"') {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '\\' && !text.empty()) {
            add_json_escape(result, text);
        } else {
            result += c;
        }
    }
    return result;
}

/// What follows `"key":"` or `"key" : "`.
std::optional<std::string_view> json_member(std::string_view object, std::string_view quoted_key) {
    auto value = kernel_text::after(object, quoted_key);
    if (!value) {
        return std::nullopt;
    }
    *value = kernel_text::trimmed(*value);
    if (!kernel_text::skip(*value, ":")) {
        return std::nullopt;
    }
    *value = kernel_text::trimmed(*value);
    return kernel_text::skip(*value, "\"") ? value : std::nullopt;
}

/// The message of one line of docker's json-file, of journalctl -o json and of what collectors make of both.
std::optional<std::string> message_in_json(std::string_view object) {
    const auto program = json_member(object, "\"SYSLOG_IDENTIFIER\"");
    if (program && !program->starts_with("kernel\"")) {
        return "";
    }
    for (const std::string_view key : {"\"log\"", "\"MESSAGE\"", "\"message\"", "\"msg\""}) {
        if (const auto value = json_member(object, key)) {
            return json_string(*value);
        }
    }
    return std::nullopt;
}

/// Colours of which the escape itself was lost, as when text is copied out of a terminal, or was made visible.
std::string_view without_bare_colour(std::string_view text) {
    while (text.starts_with("^[[") || text.starts_with('[')) {
        const auto begin = text.find('[', text.front() == '^' ? 2 : 0) + 1;
        const auto end = text.find_first_not_of("0123456789;", begin);
        if (end == std::string_view::npos || text[end] != 'm') {
            break;
        }
        text.remove_prefix(end + 1);
    }
    return text;
}

bool has_escape(std::string_view text) {
    return text.find("\\x") != std::string_view::npos || text.find("#0") != std::string_view::npos ||
           text.find("#177") != std::string_view::npos;
}

/// As pages of the web write what stands for itself in a log.
constexpr std::array<std::pair<std::string_view, char>, 3> kEntities{{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}}};

std::string without_entities(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto* const entity =
            std::ranges::find_if(kEntities, [&](const auto& each) { return text.starts_with(each.first); });
        const bool is_one = entity != kEntities.end();
        result += is_one ? entity->second : text.front();
        text.remove_prefix(is_one ? entity->first.size() : 1);
    }
    return result;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; });
}

}  // namespace

std::string_view plain_line(std::string_view line, std::string& room) {
    while (line.ends_with('\r') || line.ends_with('\n')) {
        line.remove_suffix(1);
    }
    if (line.starts_with("{\"") || line.starts_with("{ \"")) {
        if (auto message = message_in_json(line)) {
            room = std::move(*message);
            line = room;
        }
    }
    if (has_escape(line)) {
        room = without_escapes(line);
        line = room;
    }
    if (has_control(line)) {
        room = without_control(line);
        line = room;
    }
    if (line.find("&gt;") != std::string_view::npos || line.find("&lt;") != std::string_view::npos) {
        room = without_entities(line);
        line = room;
    }
    return without_bare_colour(line);
}

}  // namespace blkhang
