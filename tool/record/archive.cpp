// SPDX-License-Identifier: GPL-2.0-only
#include "record/archive.h"

namespace blkhang {
namespace {

constexpr std::size_t kAtOnce = std::size_t{64} << 10U;
constexpr std::size_t kLevel = 2;  // blanks

}  // namespace

void JsonPieces::begin_member(std::string_view key) {
    add(has_members_ ? ",\n  " : "{\n  ");
    has_members_ = true;
    add(Json(key), 1);
    add(": ");
}

void JsonPieces::begin_list() {
    has_elements_ = false;
    add("[");
}

void JsonPieces::begin_element() {
    add(has_elements_ ? ",\n    " : "\n    ");
    has_elements_ = true;
}

void JsonPieces::end_list() { add(has_elements_ ? "\n  ]" : "]"); }

void JsonPieces::add(const Json& json, std::size_t levels) {
    const std::string text = to_text(json);  // what is in strings has no line breaks there
    std::string_view rest(text);
    for (auto end = rest.find('\n'); end + 1 < rest.size(); end = rest.find('\n')) {
        add(rest.substr(0, end + 1));
        waiting_.append(levels * kLevel, ' ');
        rest.remove_prefix(end + 1);
    }
    add(rest.substr(0, rest.size() - 1));
}

void JsonPieces::add(std::string_view text) {
    waiting_ += text;
    if (waiting_.size() >= kAtOnce) {
        status_ = status_.and_then([&] { return take_(waiting_); });
        waiting_.clear();
    }
}

Status JsonPieces::finish() {
    add(has_members_ ? "\n}\n" : "{}\n");
    return status_.and_then([&] { return take_(waiting_); });
}

}  // namespace blkhang
