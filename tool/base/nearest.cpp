// SPDX-License-Identifier: GPL-2.0-only
#include "base/nearest.h"

#include <fmt/format.h>

#include <algorithm>

namespace blkhang {
namespace {

/// Optimal string alignment distance, three rows at a time.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before_last, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
    }
    return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t more = std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
        if (more >= best_distance) {
            continue;  // so many letters at least are too many or too few; and a word may be a megabyte
        }
        const std::size_t candidate_distance = distance(word, candidate);
        // A word of which nothing is left is no likely meaning.
        if (candidate_distance < best_distance && candidate_distance < candidate.size()) {
            best = candidate;
            best_distance = candidate_distance;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
    const auto guess = nearest(word, known);
    return guess ? fmt::format("; did you mean '{}'?", *guess) : "";
}

}  // namespace blkhang
