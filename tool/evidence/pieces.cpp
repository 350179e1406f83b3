// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/pieces.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace blkhang {
namespace {

// A piece is two bytes, the low one first, and its text: whether a line begins and ends with it, and how long it is.
constexpr unsigned kBegins = 0x8000, kEnds = 0x4000, kLength = 0x3fff;
constexpr std::size_t kHead = 2;

}  // namespace

std::size_t LinePacker::add(std::string_view line, std::size_t from) {
    const std::size_t room = room_.size() - used_;
    const std::size_t rest = line.size() - from;
    const bool fits = kHead + rest <= room;
    if (!fits && (used_ != 0 || room <= kHead)) {
        return from;  // it goes into the next block, whole if it can
    }
    const std::size_t length = fits ? rest : std::min<std::size_t>(room - kHead, kLength);
    const bool ends = length == rest;
    const auto head = static_cast<unsigned>(length) | (from == 0 ? kBegins : 0) | (ends ? kEnds : 0);
    char* const at = room_.data() + used_;
    at[0] = static_cast<char>(head);
    at[1] = static_cast<char>(head >> 8U);
    std::memcpy(at + kHead, line.data() + from, length);
    used_ += kHead + length;
    return from + length + (ends ? 1 : 0);
}

void LineJoiner::tear() {
    torn_ += open_ ? 1 : 0;
    counted_ = open_;
    open_ = false;
    line_.clear();
}

void LineJoiner::gap() { tear(); }

void LineJoiner::payload(std::string_view payload, const TakesLine& line) {
    while (payload.size() >= kHead) {
        const auto head = static_cast<unsigned>(static_cast<unsigned char>(payload[0])) |
                          static_cast<unsigned>(static_cast<unsigned char>(payload[1])) << 8U;
        const std::size_t length = head & kLength;
        payload.remove_prefix(kHead);
        if (length > payload.size()) {
            break;
        }
        const auto text = payload.substr(0, length);
        payload.remove_prefix(length);
        if ((head & kBegins) != 0) {
            tear();
            open_ = true;
            counted_ = false;
        }
        if (!open_) {  // of a line whose beginning is not there: counted where it was torn, or else where it ends
            const bool ends = (head & kEnds) != 0;
            torn_ += ends && !counted_ ? 1 : 0;
            counted_ = counted_ && !ends;
            continue;
        }
        if (line_.size() + text.size() > limits::kLine) {
            tear();
            continue;
        }
        if ((head & kBegins) != 0 && (head & kEnds) != 0) {
            open_ = false;
            line(text);
            continue;
        }
        line_ += text;
        if ((head & kEnds) != 0) {
            open_ = false;
            line(line_);
            line_.clear();
        }
    }
    if (!payload.empty()) {  // it goes on as no piece does
        ++torn_;
    }
}

}  // namespace blkhang
