// SPDX-License-Identifier: GPL-2.0-only
#include "watch/history.h"

#include "judge/dispatch.h"

namespace blkhang {

void History::begin(const seen::Phase& phase) {
    phase_ = phase;
    recent_.clear();
    cut_ = false;
}

void History::note(const Observation& observation) {
    if (const auto* edge = std::get_if<seen::Edge>(&observation)) {
        if (edges_.size() < kMostEdges) {
            edges_.try_emplace({edge->outer, edge->inner, edge->disk}, *edge);
        }
        return;
    }
    if (replaces_latest(observation)) {
        return;
    }
    if (recent_.size() >= 2 * kMost) {  // a finding under way may go beyond kMost, but not for ever
        cut_ = true;
        return;
    }
    recent_.push_back(observation);
}

/// Reports come in pairs of counters and a tick: of two pairs in a row the earlier one says nothing more.
bool History::replaces_latest(const Observation& observation) {
    const auto size = recent_.size();
    if (is_one_of<seen::Tick>(observation) && size >= 1 && is_one_of<seen::Tick>(recent_.back())) {
        recent_.back() = observation;
        return true;
    }
    const auto* counters = std::get_if<seen::Counters>(&observation);
    if (counters == nullptr || size < 2 || !is_one_of<seen::Tick>(recent_.back())) {
        return false;
    }
    const auto* before = std::get_if<seen::Counters>(&recent_[size - 2]);
    if (before == nullptr || before->lost_events != counters->lost_events) {
        return false;
    }
    recent_[size - 2] = observation;
    return true;
}

std::vector<seen::Edge> History::edges() const {
    std::vector<seen::Edge> edges;
    edges.reserve(edges_.size());
    for (const auto& [place, edge] : edges_) {
        edges.push_back(edge);
    }
    return edges;
}

void History::each(const std::function<void(const Observation&)>& sink) const {
    sink(hello_);
    sink(tier_);
    if (phase_) {
        sink(*phase_);
    }
    for (const auto& [place, edge] : edges_) {
        sink(edge);
    }
    for (const auto& observation : recent_) {
        sink(observation);
    }
}

}  // namespace blkhang
