// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "judge/judge.h"

namespace blkhang {

/// The order of verdicts over several runs, where proof goes before breakage: hang, hazard, error, unsupported,
/// inconclusive, clean. A guest that broke takes nothing back of what others showed. (Of one run the precedence is
/// another: one that broke shows nothing, so that `error` comes first there.)
bool is_worse(Verdict one, Verdict other);

struct WorstFirst {
    bool operator()(Verdict one, Verdict other) const { return is_worse(one, other); }
};
/// How many runs had each; none has 0.
using VerdictCounts = std::map<Verdict, std::uint32_t, WorstFirst>;

/// "2 hang, 1 error", worst first.
std::string in_words(const VerdictCounts& verdicts);

}  // namespace blkhang
