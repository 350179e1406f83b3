// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "judge/judge.h"

namespace blkhang {

std::map<std::string, std::uint64_t> coverage_for(const Demands& demands,
                                                  const std::map<std::string, std::string>& fingerprints) {
    auto coverage = demands.coverage;
    for (const Demands::Where& where : demands.where) {
        const auto known = fingerprints.find(where.fingerprint);
        if (known != fingerprints.end() && known->second != where.value) {
            continue;
        }
        for (const auto& [id, minimum] : where.coverage) {
            auto& demanded = coverage[id];
            demanded = std::max(demanded, minimum);
        }
    }
    return coverage;
}

}  // namespace blkhang
