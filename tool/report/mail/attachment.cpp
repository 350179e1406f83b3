// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/attachment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace blkhang {
namespace {

constexpr std::size_t kLongestLine = 900;  // RFC 5322 allows 998 characters

/// Stands in neither part.
std::string boundary_for(std::string_view text, std::string_view content) {
    std::string boundary = "blkhang-part";
    while (text.find(boundary) != std::string_view::npos || content.find(boundary) != std::string_view::npos) {
        boundary += "-";
    }
    return boundary;
}

std::string broken(std::string_view content) {
    std::string text;
    std::size_t length = 0;
    for (const char c : content) {
        const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;  // a character is not cut up
        if (length >= kLongestLine && c != '\n' && !continues) {
            text += '\n';
            length = 0;
        }
        text += c;
        length = c == '\n' ? 0 : length + 1;
    }
    return text.ends_with('\n') ? text : text + '\n';
}

}  // namespace

std::string with_attachment(std::string_view mail, std::string_view name, std::string_view content) {
    const auto end_of_header = std::min(mail.find("\n\n"), mail.size());
    const auto header = mail.substr(0, end_of_header);
    const auto text = mail.substr(std::min(end_of_header + 2, mail.size()));
    const std::string attached = broken(printable_lines(content));
    const std::string boundary = boundary_for(text, attached);
    constexpr std::string_view kPlain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n";
    return fmt::format(
        "{}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{}\"\n\n--{}\n{}\n{}\n--{}\n{}"
        "Content-Disposition: attachment; filename=\"{}\"\n\n{}--{}--\n",
        header, boundary, boundary, kPlain, text, boundary, kPlain, name, attached, boundary);
}

}  // namespace blkhang
