// SPDX-License-Identifier: GPL-2.0-only
#include "host/host_text.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/few_of.h"
#include "guest/host_table.h"
#include "host/evidence_table.h"
#include "host/risk_table.h"

namespace blkhang {
namespace {

std::string section(std::string_view title, const std::vector<CheckRow>& rows, bool colour) {
    return fmt::format("\n{}\n{}", title, table_text(rows, colour));
}

std::vector<CheckRow> with(std::vector<CheckRow> rows, std::vector<CheckRow> more) {
    std::ranges::move(more, std::back_inserter(rows));
    return rows;
}

}  // namespace

std::string host_text(const HostView& view, const Result<seen::Tier>& tier, bool colour) {
    constexpr std::size_t kMostNamed = 8;
    std::string text = risk_summary(view) + evidence_summary(view);
    std::vector<CheckRow> circumstances = circumstance_rows(view);
    for (const std::string& what : few_of(view.left_out, kMostNamed)) {
        circumstances.push_back({"not read", CheckRow::State::note, what, view.facts.root ? "" : "root may"});
    }
    std::vector<CheckRow> tiers = tier_rows(tier);
    if (!tier && !view.facts.root) {
        tiers.front().fix = "attaching probes takes root";
    }
    text += section("The family on this kernel and host:", member_rows(view), colour);
    text += section("What decides that:", circumstances, colour);
    text += section("Would it be seen?", with(std::move(tiers), with(evidence_rows(view), cgroup_rows(view))), colour);
    text += section("For runs in guests:", host_rows(view.facts), colour);
    return text;
}

}  // namespace blkhang
