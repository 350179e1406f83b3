// SPDX-License-Identifier: GPL-2.0-only
#include "probe/survey.h"

#include "probe/probe.h"

namespace blkhang {

Result<seen::Tier> survey_tiers() {
    const auto probe = Probe::attach(TierChoice::automatic);
    if (!probe) {
        return fail(probe.error());
    }
    return probe->tier();
}

}  // namespace blkhang
