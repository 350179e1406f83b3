// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

namespace blkhang {

/// The mail (header, an empty line, text) with a file of text attached to it, so that git send-email and readers take
/// it as that. The content is made printable; a line of it that is longer than mails may have is broken.
std::string with_attachment(std::string_view mail, std::string_view name, std::string_view content);

}  // namespace blkhang
