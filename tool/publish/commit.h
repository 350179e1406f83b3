// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "report/mail/kernel.h"
#include "report/mail/mail.h"

namespace blkhang {

/// What git says of a commit in these sources: its whole hash, its subject, who wrote it and who signed it off. Whoever
/// has no address that a mail can go to is left out.
Result<BisectedCommit> commit_in(const std::filesystem::path& tree, const std::string& hash);

/// May a kernel be built from the commit that somebody names? Not if it says itself that it is another's. Empty: nobody
/// does.
Status check_commit(std::string_view said, const Upstream& kernel);

}  // namespace blkhang
