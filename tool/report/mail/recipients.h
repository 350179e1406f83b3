// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/record.h"

namespace blkhang {

struct Recipients {
    std::vector<std::string> to, cc;  ///< "NAME <ADDRESS>" or "ADDRESS"
};

/// The files that the record's evidence leads through, sorted.
std::vector<std::string> sources_of(const Record& record);

/// The mailing lists of these files.
Recipients lists_for(const std::vector<std::string>& sources);

/// "NAME <ADDRESS>" or "ADDRESS", as it may stand in a header of a mail.
bool is_recipient(std::string_view line);

/// What get_maintainer.pl printed, an address per line: people into To, lists into Cc. A line that is no address is an
/// error: a mail must not go out to whoever is left.
Result<Recipients> parse_maintainers(std::string_view output);

}  // namespace blkhang
