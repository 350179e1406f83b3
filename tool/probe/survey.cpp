// SPDX-License-Identifier: GPL-2.0-only
#include "probe/survey.h"

#include "probe/attach.h"

namespace blkhang {

Result<seen::Tier> survey_tiers() {
    const auto watcher = attach_watcher(TierChoice::automatic);
    if (!watcher) {
        return fail(watcher.error());
    }
    return (*watcher)->tier().value_or(seen::Tier{});
}

}  // namespace blkhang
