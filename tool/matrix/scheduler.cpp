// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/scheduler.h"

#include <list>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/signals.h"

namespace blkhang {
namespace {

constexpr auto kNap = std::chrono::milliseconds(50);
constexpr auto kQueueNap = std::chrono::milliseconds(500);  // a queue holds thousands, and is slower itself

/// A cell from its start to its end.
class Running {
public:
    Running(const Cell& cell, Executor& executor, Executor::Ticket ticket, std::chrono::milliseconds limit,
            std::chrono::milliseconds grace)
        : cell_(cell), executor_(executor), ticket_(ticket), deadline_(Deadline::after(limit)), grace_(grace) {}

    [[nodiscard]] const Cell& cell() const { return cell_; }

    /// How it ended, once it has.
    std::optional<CellExit> look() {
        if (const auto code = executor_.look(ticket_)) {
            return CellExit{told_ ? *told_ : CellExit::How::ended, *code, "", seconds_since(start_ns_)};
        }
        if (!told_ && interrupted()) {
            tell_to_end(CellExit::How::interrupted);
        } else if (!told_ && !executor_.is_queue() && deadline_.passed()) {
            tell_to_end(CellExit::How::overdue);
        } else if (told_ && end_->passed()) {
            executor_.cancel(ticket_, Executor::Cancel::at_once);
            return CellExit{*told_, 0, "", seconds_since(start_ns_)};
        }
        return std::nullopt;
    }

private:
    void tell_to_end(CellExit::How why) {
        told_ = why;
        end_ = Deadline::after(grace_);
        executor_.cancel(ticket_, Executor::Cancel::in_good_order);
    }

    const Cell& cell_;
    Executor& executor_;
    Executor::Ticket ticket_;
    std::uint64_t start_ns_ = monotonic_ns();
    Deadline deadline_;
    std::chrono::milliseconds grace_;
    std::optional<CellExit::How> told_;
    std::optional<Deadline> end_;
};

/// Starts the cell, or says why that cannot be.
Result<Running> started(const Cell& cell, const CellPace& pace, Executor& executor, const Result<CellPlan>& plan) {
    if (!plan) {
        return fail(plan.error());
    }
    const auto ticket = executor.submit(plan->order);
    if (!ticket) {
        return fail(ticket.error());
    }
    return Running(cell, executor, *ticket, plan->limit, pace.grace);
}

}  // namespace

void run_cells(const std::vector<Cell>& cells, const CellPace& pace, Executor& executor,
               const std::function<Result<CellPlan>(const Cell&)>& plan, const CellEvents& events) {
    auto next = cells.begin();
    std::list<Running> running;
    for (;;) {
        const bool news = executor.has_news() || interrupted();
        for (auto each = running.begin(); news && each != running.end();) {
            const auto exit = each->look();
            if (exit) {
                events.ended(each->cell(), *exit);
            }
            each = exit ? running.erase(each) : std::next(each);
        }
        while (next != cells.end() && running.size() < pace.jobs && !interrupted()) {
            const Cell& cell = *next++;
            events.started(cell);
            auto begun = started(cell, pace, executor, plan(cell));
            if (begun) {
                running.push_back(*begun);
            } else {
                events.ended(cell, {CellExit::How::not_started, 0, begun.error().message(), 0});
            }
        }
        if (running.empty() && (next == cells.end() || interrupted())) {
            return;
        }
        events.passing();
        std::this_thread::sleep_for(executor.is_queue() ? kQueueNap : kNap);
    }
}

}  // namespace blkhang
