// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "report/words/export_text.h"
#include "report/words/layout.h"

namespace blkhang {
namespace {

constexpr std::string_view kItem = "- ";

class Body {
public:
    void line(std::string_view text) {
        if (text.empty()) {
            flush();
            blank_ = !text_.empty();
        } else if (text.front() == ' ') {
            flush();
            add(std::string(text) + "\n");
        } else if (text.starts_with(kItem)) {
            flush();
            add(wrap(text.substr(kItem.size()), kMailColumns, kItem));
        } else {
            paragraph_.append(text).append(1, ' ');
        }
    }
    std::string finish() {
        flush();
        return std::move(text_);
    }

private:
    void flush() {
        if (!paragraph_.empty()) {
            add(wrap(paragraph_, kMailColumns));
            paragraph_.clear();
        }
    }
    void add(const std::string& lines) {
        text_ += blank_ ? "\n" + lines : lines;
        blank_ = false;
    }

    std::string text_, paragraph_;
    bool blank_ = false;
};

/// A word that begins a line as what somebody obeys: `~` mail(1), `#` the bots, a trailer whoever applies patches. In
/// round brackets, it is only read.
std::string harmless_word(std::string_view word) {
    constexpr std::array<std::string_view, 5> kTrailers{"fixes:", "closes:", "link:", "cc:", "bcc:"};
    const bool is_order = word.size() > 1 && (word[0] == '~' || (word[0] == '#' && ascii::is_letter(word[1])));
    if (is_order) {
        return fmt::format("({}){}", word[0], word.substr(1));
    }
    const auto end = word.find(':');
    const std::string name = ascii::lower(word.substr(0, end == std::string_view::npos ? 0 : end + 1));
    if (name.ends_with("-by:") || std::ranges::find(kTrailers, name) != kTrailers.end()) {
        return fmt::format("{}(:){}", word.substr(0, end), word.substr(end + 1));
    }
    return std::string(word);
}

/// Bytes of a line that every mail program takes (RFC 5322, 2.1.1; git send-email refuses a longer one).
constexpr std::size_t kLongestAllowed = 998;

/// Only a word of a stranger's is as long. What goes on after a blank is the same header, or the same paragraph.
std::string without_endless_lines(std::string_view text) {
    std::string result;
    std::size_t length = 0;
    for (const char c : text) {
        const bool is_begin = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // of a character in UTF-8
        if (c != '\n' && length >= kLongestAllowed - 4 && is_begin) {
            result += "\n ";
            length = 1;
        }
        result += c;
        length = c == '\n' ? 0 : length + 1;
    }
    return result;
}

}  // namespace

std::string laid_out_mail(std::string_view text) {
    const auto header_end = std::min(text.find("\n\n"), text.size());
    std::string result(text.substr(0, header_end));
    text.remove_prefix(header_end);
    Body body;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        body.line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return without_endless_lines(result + "\n\n" + body.finish());
}

std::string address_header(std::string_view name, const std::vector<std::string>& addresses) {
    std::string header;
    std::string line = fmt::format("{}:", name);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const std::string address = addresses[i] + (i + 1 < addresses.size() ? "," : "");
        if (i > 0 && line.size() + 1 + address.size() > kMailColumns) {
            header += line + "\n";
            line.clear();
        }
        line += " " + address;
    }
    return addresses.empty() ? "" : header + line + "\n";
}

std::string foreign(std::string_view text) {
    constexpr std::string_view kBot = "#regzbot";
    std::string clean = one_line(text);
    for (auto at = clean.find(kBot); at != std::string::npos; at = clean.find(kBot, at + 1)) {
        clean.replace(at, 1, "(#)");
    }
    // A text is broken between words: each may begin a line.
    std::string harmless;
    for (std::size_t at = 0; at < clean.size();) {
        const auto blank = std::min(clean.find(' ', at), clean.size() - 1);
        harmless += harmless_word(std::string_view(clean).substr(at, blank + 1 - at));
        at = blank + 1;
    }
    return harmless;
}

}  // namespace blkhang
