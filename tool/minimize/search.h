// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// Does it still hang? `unknown`: that was not to be found out, for boots ran out or too many broke.
enum class StillHangs { yes, no, unknown };

/// Finds out, by boots, for a profile that lacks what `without` says; called again for each.
using AskHang = std::function<Result<StillHangs>(const Profile& profile, const std::string& without)>;

/// The least load that was found, and what that is made of.
struct LeastLoad {
    Profile profile;
    std::vector<std::string> needed;      ///< each was shown to be: without it alone there was no hang
    std::vector<std::string> not_needed;  ///< the load hangs without them
    std::vector<std::string> unknown;     ///< still in there, because nothing was found out
    std::vector<std::string> smaller;     ///< what there is less of than there was
};

/// Takes ingredients away as long as it hangs, halves of them at a time, then makes what is left smaller, until it
/// would not hang or nothing is known any more. Pure but for `ask`; the same answers give the same questions. An error
/// of `ask` ends it.
Result<LeastLoad> find_least_load(const Profile& original, const AskHang& ask);

/// "needs: per-CPU maps, memory pressure; does not need: limits for the swap disk".
std::string in_words(const LeastLoad& least);

}  // namespace blkhang
