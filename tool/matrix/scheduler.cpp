// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/scheduler.h"

#include <csignal>
#include <list>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/signals.h"

namespace blkhang {
namespace {

// A cell that is told to end stops its guest and writes what it has.
constexpr auto kGrace = std::chrono::seconds(20);
constexpr auto kNap = std::chrono::milliseconds(50);

/// A cell's process from start to end.
class Running {
public:
    Running(const Cell& cell, Child child, std::chrono::seconds limit)
        : cell_(cell), child_(std::move(child)), deadline_(Deadline::after(limit)) {}

    [[nodiscard]] const Cell& cell() const { return cell_; }

    /// How it ended, once it has.
    std::optional<CellExit> look() {
        if (const auto code = child_.poll()) {
            return CellExit{told_ ? *told_ : CellExit::How::ended, *code, "", seconds_since(start_ns_)};
        }
        if (!told_ && interrupted()) {
            tell_to_end(CellExit::How::interrupted);
        } else if (!told_ && deadline_.passed()) {
            tell_to_end(CellExit::How::overdue);
        } else if (told_ && grace_->passed()) {
            child_.kill();
            return CellExit{*told_, 0, "", seconds_since(start_ns_)};
        }
        return std::nullopt;
    }

private:
    void tell_to_end(CellExit::How why) {
        told_ = why;
        grace_ = Deadline::after(kGrace);
        ::kill(child_.pid(), SIGTERM);
    }

    const Cell& cell_;
    Child child_;
    std::uint64_t start_ns_ = monotonic_ns();
    Deadline deadline_;
    std::optional<CellExit::How> told_;
    std::optional<Deadline> grace_;
};

}  // namespace

void run_cells(const std::vector<Cell>& cells, std::uint32_t jobs, const CellEngine& engine, const CellEvents& events) {
    auto next = cells.begin();
    std::list<Running> running;
    for (;;) {
        for (auto each = running.begin(); each != running.end();) {
            const auto exit = each->look();
            if (exit) {
                events.ended(each->cell(), *exit);
            }
            each = exit ? running.erase(each) : std::next(each);
        }
        while (next != cells.end() && running.size() < jobs && !interrupted()) {
            const Cell& cell = *next++;
            events.started(cell);
            auto child = engine.start(cell);
            if (child) {
                running.emplace_back(cell, std::move(*child), engine.deadline(cell));
            } else {
                events.ended(cell, {CellExit::How::not_started, 0, child.error().message(), 0});
            }
        }
        if (running.empty() && (next == cells.end() || interrupted())) {
            return;
        }
        events.passing();
        std::this_thread::sleep_for(kNap);
    }
}

}  // namespace blkhang
