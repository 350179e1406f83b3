// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kmsg.h"

#include "klog/kernel_text.h"

namespace blkhang {

std::optional<KmsgRecord> parse_kmsg(std::string_view record) {
    const auto semicolon = record.find(';');
    const auto first = record.find(',');
    const auto second = first == std::string_view::npos ? first : record.find(',', first + 1);
    if (semicolon == std::string_view::npos || second == std::string_view::npos || second > semicolon) {
        return std::nullopt;
    }
    const auto priority = kernel_text::leading_count(record);
    const auto microseconds = kernel_text::leading_count(record.substr(second + 1));
    if (!priority || !microseconds) {
        return std::nullopt;
    }
    auto text = record.substr(semicolon + 1);
    text = text.substr(0, text.find('\n'));
    return KmsgRecord{*microseconds * 1000, static_cast<int>(*priority & 7), std::string{text}};
}

}  // namespace blkhang
