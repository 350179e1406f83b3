// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/news.h"

namespace blkhang {
namespace {

News plain_news(Change change) {
    switch (change) {
        case Change::fixed:
            return {"fixed", "good"};
        case Change::fewer_failures:
            return {"fails less often", "open"};
        case Change::fails_now:
            return {"fails now", "bad"};
        case Change::regressed:
            return {"regressed", "bad"};
        case Change::too_few_runs:
            return {"fixed? too few runs", "open"};
        case Change::incomplete:
            return {"fixed? not all clean", "open"};
        default:
            return {"", "open"};
    }
}

}  // namespace

News news_of(Change change, const Comparison& comparison) {
    if (change != Change::fixed || is_one_experiment(comparison)) {
        return plain_news(change);
    }
    return {comparison.differences.empty() ? "fixed? not known to be the same experiment"
                                           : "fixed? not the same experiment",
            "open"};
}

}  // namespace blkhang
