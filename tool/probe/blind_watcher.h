// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "probe/watcher.h"

namespace blkhang {

/// Sees nothing and misses nothing: for runs that measure what watching costs.
class BlindWatcher : public Watcher {
public:
    [[nodiscard]] std::optional<seen::Tier> tier() const override;
    [[nodiscard]] std::vector<std::string> blind_spots() const override;
    Status learn_names() override;
    void enable() override {}
    void drain(const Sink& /*sink*/) override {}
    void drain_to_the_end(const Sink& /*sink*/, Deadline /*deadline*/) override {}
    [[nodiscard]] bool watches_on() const override { return false; }
    void retell(const Sink& /*sink*/) override {}
    [[nodiscard]] seen::Counters counters() const override;
    [[nodiscard]] std::uint64_t lost() const override { return 0; }
    void look_for_losses() override {}
};

}  // namespace blkhang
