// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/reassembly.h"

namespace blkhang {
namespace {

constexpr std::size_t kRemembered = 256;

}  // namespace

Reassembly::Arrival Reassembly::add(const EvidenceBlock& block, std::uint64_t now_ns, const Sink& sink) {
    if (block.sequence < next_) {
        auto gap = given_up_.upper_bound(block.sequence);
        return gap != given_up_.begin() && block.sequence <= (--gap)->second ? Arrival::late : Arrival::duplicate;
    }
    // Also of a sign of life, whose payload is empty: its number is one of the row.
    if (!waiting_.try_emplace(block.sequence, Waiting{std::string(block.payload), now_ns}).second) {
        return Arrival::duplicate;
    }
    hand_on(sink);
    while (waiting_.size() > kWaiting) {
        skip(sink);
    }
    return Arrival::fresh;
}

/// All that is next.
void Reassembly::hand_on(const Sink& sink) {
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
        joiner_.payload(first->second.payload, sink.line);
        waiting_.erase(first);
        ++next_;
    }
}

/// Goes on behind the first gap.
void Reassembly::skip(const Sink& sink) {
    const std::uint64_t first = waiting_.begin()->first;
    joiner_.gap();
    sink.gap(next_, first - 1);
    given_up_.emplace(next_, first - 1);
    if (given_up_.size() > kRemembered) {
        given_up_.erase(given_up_.begin());
    }
    next_ = first;
    hand_on(sink);
}

void Reassembly::time_is(std::uint64_t now_ns, const Sink& sink) {
    while (!waiting_.empty() && now_ns - waiting_.begin()->second.arrived_ns >= kPatienceNs) {
        skip(sink);
    }
}

void Reassembly::finish(const Sink& sink) {
    while (!waiting_.empty()) {
        skip(sink);
    }
    joiner_.gap();
}

}  // namespace blkhang
