// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>

#include "probe/attach.h"

namespace blkhang {

/// Attaches the BPF programs of this tier.
Result<std::unique_ptr<Watcher>> attach_bpf_watcher(TierChoice tier, const Attempt& attempt);

}  // namespace blkhang
