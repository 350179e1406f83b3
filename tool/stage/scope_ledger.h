// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <utility>
#include <variant>

#include "stage/ledger.h"

namespace blkhang {

/// For what runs in a scope that is in the ledger already, with all that comes to be below it: its processes and groups
/// are not told one by one, each of which would be waited for until it is on disk.
class ScopeLedger final : public Ledger {
public:
    /// `directory`: the scope's. Everything else goes on to `kept`.
    ScopeLedger(Ledger& kept, std::filesystem::path directory) : kept_(kept), directory_(std::move(directory)) {}

    Status tell(const MachineChange& change) override {
        return goes_with_the_scope(change) ? Status() : kept_.tell(change);
    }
    void seal() override { kept_.seal(); }

private:
    [[nodiscard]] bool goes_with_the_scope(const MachineChange& change) const {
        if (const auto* group = std::get_if<change::Cgroup>(&change)) {
            const auto below = group->directory.lexically_relative(directory_);
            return !below.empty() && *below.begin() != "..";
        }
        return std::holds_alternative<change::Process>(change);
    }

    Ledger& kept_;
    std::filesystem::path directory_;
};

}  // namespace blkhang
