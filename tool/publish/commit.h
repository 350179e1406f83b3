// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "report/mail/mail.h"

namespace blkhang {

/// What git says of a commit in these sources: its whole hash, its subject, who wrote it and who signed it off. Whoever
/// has no address that a mail can go to is left out.
Result<BisectedCommit> commit_in(const std::filesystem::path& tree, const std::string& hash);

}  // namespace blkhang
