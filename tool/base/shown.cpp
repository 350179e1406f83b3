// SPDX-License-Identifier: GPL-2.0-only
#include "base/shown.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "base/file.h"

namespace blkhang {
namespace {

std::atomic<int> print_errno = 0;  ///< of the first failure

/// The length of the escape sequence that the text begins with, if it only makes what follows plain, bold, or of one of
/// the eight colours; else 0.
std::size_t paint(std::string_view text) {
    constexpr std::string_view kBegin = "\x1b[";
    if (!text.starts_with(kBegin)) {
        return 0;
    }
    const auto end = text.find_first_not_of("0123456789;", kBegin.size());
    if (end == std::string_view::npos || text[end] != 'm') {
        return 0;
    }
    std::string_view numbers = text.substr(kBegin.size(), end - kBegin.size());
    while (!numbers.empty()) {
        const auto number = numbers.substr(0, numbers.find(';'));
        const bool colour = number.size() == 2 && number[0] == '3' && number[1] <= '7';
        if (number != "0" && number != "1" && !colour) {
            return 0;
        }
        numbers.remove_prefix(std::min(number.size() + 1, numbers.size()));
    }
    return end + 1;
}

}  // namespace

Shown Shown::painted(std::string_view report) {
    std::string text;
    for (std::size_t begin = 0; begin < report.size();) {
        const std::size_t length = paint(report.substr(begin));
        text += report.substr(begin, length);
        begin += length;
        const std::size_t next = std::min(report.find('\x1b', begin + (length == 0 ? 1 : 0)), report.size());
        text += printable_lines(report.substr(begin, next - begin));
        begin = next;
    }
    return Shown(std::move(text));
}

Status show(int fd, const Shown& text) { return write_all(fd, text.text()); }

void print(const Shown& text) {
    errno = 0;
    if (!show(STDOUT_FILENO, text)) {
        int none = 0;
        print_errno.compare_exchange_strong(none, errno);
    }
}

Status printed() {
    const int problem = print_errno;
    return problem == 0 ? Status{} : fail(Error::from_errno(problem, "writing the output"));
}

void complain(const Shown& text) { static_cast<void>(show(STDERR_FILENO, text)); }

}  // namespace blkhang
