// SPDX-License-Identifier: GPL-2.0-only
#include "klog/frame.h"

#include <algorithm>

#include "base/ascii.h"
#include "klog/kernel_text.h"

namespace blkhang {
namespace {

using namespace kernel_text;

bool is_of_symbol(char c) { return ascii::is_word(c) || c == '.' || c == '$'; }

/// `<IRQ>`, `<<EOE>>`, `<TASK>`: the stack that the frames behind it are on.
void skip_marks(std::string_view& text) {
    while (text.starts_with('<')) {
        auto rest = text;
        rest.remove_prefix(std::min(rest.find_first_not_of('<'), rest.size()));
        const auto end = rest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ#/0123456789_");
        if (end == 0 || end == std::string_view::npos || rest[end] != '>') {
            return;
        }
        rest.remove_prefix(end);
        rest.remove_prefix(std::min(rest.find_first_not_of('>'), rest.size()));
        text = trimmed(rest);
    }
}

/// `[<ffffffff8134f6a5>]`, `[<0>]`, `[c000000001000001]`, any number of them.
bool skip_addresses(std::string_view& text) {
    bool found = false;
    while (text.starts_with('[')) {
        auto rest = text.substr(1);
        const bool has_angles = skip(rest, "<");
        skip(rest, "0x");
        const auto digits = hex_digits(rest);
        rest.remove_prefix(digits);
        if (digits < (has_angles ? 1U : 8U) || !skip(rest, has_angles ? ">]" : "]")) {
            return found;
        }
        text = trimmed(rest);
        found = true;
    }
    return found;
}

/// `+0x1a2/0x5e0`
std::string_view offset_and_size(std::string_view text) {
    auto rest = text;
    for (const std::string_view mark : {"+0x", "/0x"}) {
        if (!skip(rest, mark)) {
            return {};
        }
        const auto digits = hex_digits(rest);
        if (digits == 0) {
            return {};
        }
        rest.remove_prefix(digits);
    }
    return text.substr(0, text.size() - rest.size());
}

/// `block/elevator.c:715`, `./include/linux/fs.h:12`, `??:?`
bool is_location(std::string_view word) {
    const auto colon = word.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == word.size()) {
        return false;
    }
    const auto line = word.substr(colon + 1);
    const auto file = word.substr(0, colon);
    return (line == "?" || ascii::is_digit(line.front())) && (contains(file, ".") || file == "??");
}

void note_location(FrameView& frame, std::string_view word) {
    if (frame.source.empty() && !word.starts_with("??")) {
        frame.source = word;
    }
}

/// What stands in the parentheses behind a frame.
bool read_parenthesis(FrameView& frame, std::string_view inside) {
    auto word = next_word(inside);
    if (word == "unreliable") {
        frame.doubted = true;
        return true;
    }
    if (word == "discriminator" || word == "inlined") {
        return true;
    }
    if (is_location(word)) {
        note_location(frame, word);
        return true;
    }
    // Where arm64's unwinder got it from: (P), (CF).
    return !word.empty() && word.size() <= 5 &&
           word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

/// Where the parenthesis at the front ends; one that was cut ends with the text.
std::size_t end_of_parenthesis(std::string_view text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0) {
            return i;
        }
    }
    return text.size();
}

/// `io_schedule+0x1/0x2 [module]`, and nothing else: so arm names a caller since 5.18.
bool is_place(std::string_view text) {
    text = trimmed(text);
    text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(text, is_of_symbol) - text.begin()));
    const auto offset = offset_and_size(text);
    const auto module = trimmed(text.substr(offset.size()));
    return !offset.empty() && (module.empty() || (module.starts_with('[') && module.ends_with(']')));
}

/// All that may stand behind a function and its offset. False: so no frame has ever ended.
bool read_rest(FrameView& frame, std::string_view rest) {
    bool is_told = false;
    for (rest = trimmed(rest); !rest.empty(); rest = trimmed(rest)) {
        if (rest.starts_with('[')) {
            const auto end = std::min(rest.find(']'), rest.size());
            auto inside = rest.substr(1, end - 1);
            const auto word = next_word(inside);
            if (word == "inline") {
                frame.inlined = is_told = true;
            } else if (frame.module.empty()) {
                frame.module = word.substr(0, word.find('('));
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
            continue;
        }
        if (rest.starts_with('(')) {
            const auto end = end_of_parenthesis(rest);
            if (!read_parenthesis(frame, rest.substr(1, end - 1))) {
                return false;
            }
            is_told = true;
            rest.remove_prefix(std::min(end + 1, rest.size()));
            continue;
        }
        const auto word = next_word(rest);
        if (is_location(word)) {
            note_location(frame, word);
            is_told = true;
        } else if (word == "from") {  // arm: its caller, which is the next line's
            frame.certain = frame.certain || is_place(rest);
            return true;
        } else if (is_told && frame.module.empty() &&
                   std::ranges::all_of(word, [](char c) { return is_of_symbol(c) || c == '-'; })) {
            frame.module = word;  // as decode_stacktrace.sh leaves it, without brackets
        } else {
            return false;
        }
    }
    return is_told || frame.certain;
}

}  // namespace

std::optional<FrameView> frame_in(std::string_view line) {
    auto text = trimmed(line);
    FrameView frame;
    skip_marks(text);
    if (text.starts_with("([<")) {  // s390, of what its unwinder doubts
        frame.doubted = true;
        text.remove_prefix(1);
        text.remove_suffix(text.ends_with(')') ? 1 : 0);
    }
    const bool has_address = skip_addresses(text);
    if (skip(text, "?")) {
        frame.doubted = true;
        text = trimmed(text);
    }
    const bool is_of_arm = has_address && text.starts_with('(');
    if (is_of_arm) {  // arm: `(f+0x1/0x2) from [<address>] (g+0x1/0x2)`
        const auto end = text.find(')');
        text = text.substr(1, end == std::string_view::npos ? end : end - 1);
    }
    skip(text, ".");  // of ppc's function descriptors
    const auto length = static_cast<std::size_t>(std::ranges::find_if_not(text, is_of_symbol) - text.begin());
    if (length == 0 || ascii::is_digit(text.front())) {
        return std::nullopt;
    }
    frame.function = text.substr(0, length);
    text.remove_prefix(length);
    frame.offset = offset_and_size(text);
    text.remove_prefix(frame.offset.size());
    frame.certain = !frame.offset.empty() || (is_of_arm && text.empty());
    if (!text.empty() && text.front() != ' ' && text.front() != '\t') {
        return std::nullopt;
    }
    return read_rest(frame, text) ? std::optional(frame) : std::nullopt;
}

std::string in_words(const FrameView& frame) {
    std::string text(frame.function);
    text += frame.offset;
    if (!frame.module.empty()) {
        text.append(" [").append(frame.module).append("]");
    }
    if (!frame.source.empty()) {
        text.append(" ").append(frame.source);
    }
    if (frame.inlined) {
        text += " [inline]";
    }
    if (frame.doubted) {
        text += " (unreliable)";
    }
    return text;
}

}  // namespace blkhang
