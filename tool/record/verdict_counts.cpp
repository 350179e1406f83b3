// SPDX-License-Identifier: GPL-2.0-only
#include "record/verdict_counts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

namespace blkhang {
namespace {

constexpr std::array kWorstFirst{Verdict::hang,        Verdict::hazard,       Verdict::error,
                                 Verdict::unsupported, Verdict::inconclusive, Verdict::clean};

}  // namespace

bool is_worse(Verdict one, Verdict other) {
    const auto place = [](Verdict verdict) { return std::find(kWorstFirst.begin(), kWorstFirst.end(), verdict); };
    return place(one) < place(other);
}

std::string in_words(const VerdictCounts& verdicts) {
    std::vector<std::string> parts;
    parts.reserve(verdicts.size());
    for (const auto& [verdict, count] : verdicts) {
        parts.push_back(fmt::format("{} {}", count, to_string(verdict)));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace blkhang
