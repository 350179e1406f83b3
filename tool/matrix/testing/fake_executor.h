// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "matrix/executor.h"

namespace blkhang {

/// For tests: cells that run nowhere. Each does what was said for its directory's name; the others end with 0 at once.
class FakeExecutor : public Executor {
public:
    struct Script {
        std::string refusal = {};                                     ///< why it does not start; empty: it does
        std::optional<int> code = 0;                                  ///< with which it ends; nothing: it never does
        std::optional<int> code_if_asked = {};                        ///< with which it ends once told to
        std::function<void(const std::filesystem::path&)> work = {};  ///< in its directory, when it starts
    };

    std::map<std::string, Script> scripts;
    std::uint64_t room = 8;
    std::vector<std::string> calls;  ///< "submit 0", "ask 0", "kill 0", in their order

    [[nodiscard]] Capacity capacity(std::uint64_t /*cell_memory*/) const override { return {room, "a test says so"}; }

    Result<Ticket> submit(const CellOrder& order) override {
        const std::string name = order.directory.filename().string();
        calls.push_back("submit " + name);
        const Script script = scripts[name];
        if (!script.refusal.empty()) {
            return fail(Fault::broken, script.refusal);
        }
        if (script.work) {
            script.work(order.directory);
        }
        running_[++last_] = {name, script};
        return last_;
    }

    std::optional<int> look(Ticket ticket) override {
        const auto code = running_.at(ticket).second.code;
        if (code) {
            running_.erase(ticket);
        }
        return code;
    }

    void cancel(Ticket ticket, Cancel how) override {
        auto& [name, script] = running_.at(ticket);
        calls.push_back((how == Cancel::at_once ? "kill " : "ask ") + name);
        if (how == Cancel::at_once) {
            running_.erase(ticket);
        } else if (script.code_if_asked) {
            script.code = script.code_if_asked;
        }
    }

    /// Cells that were started and have not come to an end.
    [[nodiscard]] std::size_t running() const { return running_.size(); }

private:
    std::map<Ticket, std::pair<std::string, Script>> running_;
    Ticket last_ = 0;
};

}  // namespace blkhang
