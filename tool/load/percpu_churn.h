// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "profile/profile.h"

namespace blkhang {

/// What the load makes and gives up to have the kernel allocate per-CPU memory.
enum class PercpuChurn {
    arrays,      ///< BPF per-CPU arrays
    namespaces,  ///< network namespaces, for their counters
    none,
};

struct ChosenChurn {
    PercpuChurn churn;
    std::string why;  ///< it is no arrays; empty if it is
};

/// The first that this kernel lets us make one of.
ChosenChurn choose_percpu_churn();

}  // namespace blkhang
