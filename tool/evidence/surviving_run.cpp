// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/surviving_run.h"

#include <algorithm>

namespace blkhang {

void SurvivingRun::note_gap() {
    if (!has_gap_at(lines.size())) {
        gaps.push_back(lines.size());
    }
}

bool SurvivingRun::has_gap_at(std::size_t line) const { return std::ranges::binary_search(gaps, line); }

void RunJoiner::note(const EvidenceBlock& block) {
    const SeenAt at{block.uptime_ns, block.time_ns};
    if (!run_.first || at.uptime_ns < run_.first->uptime_ns) {
        run_.first = at;
    }
    if (!run_.last || at.uptime_ns > run_.last->uptime_ns) {
        run_.last = at;
    }
    run_.lost = std::max(run_.lost, block.lost);
}

void RunJoiner::gap(std::uint64_t blocks) {
    run_.missing += blocks;
    joiner_.gap();
    run_.note_gap();
}

void RunJoiner::reach(std::uint64_t sequence) {
    if (sequence > reached_ + 1) {
        gap(sequence - reached_ - 1);
    }
    reached_ = std::max(reached_, sequence);
}

void RunJoiner::lines(const EvidenceBlock& block) {
    note(block);
    if (block.sequence <= reached_) {
        return;  // it was there already
    }
    reach(block.sequence);
    joiner_.payload(block.payload, [this](std::string_view line) { run_.lines.emplace_back(line); });
}

void RunJoiner::life(const EvidenceBlock& block, bool numbered) {
    note(block);
    if (numbered) {
        reach(block.sequence);
    } else if (block.sequence > reached_) {  // it knows of lines that are not there
        reach(block.sequence + 1);
        reached_ = block.sequence;
    }
}

void RunJoiner::finish() {
    joiner_.gap();  // what has begun does not end
    run_.torn = joiner_.torn();
}

}  // namespace blkhang
