// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/cycle_drawing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/printable.h"
#include "base/text_width.h"
#include "base/words.h"

namespace blkhang {
namespace {

constexpr std::size_t kDrawingIndent = 2;
constexpr std::size_t kWideGap = 4, kNarrowGap = 2;
constexpr std::size_t kNarrowestColumn = 8;  // "task 10 "

std::string_view ending(std::string_view kind) {
    if (kind == kInferredCircle) {
        return "*** DEADLOCK, IF WHAT IS INFERRED HOLDS ***";
    }
    return kind == kLivelock ? "*** LIVELOCK ***" : kind == kMachineLost ? "*** MACHINE LOST ***" : "*** DEADLOCK ***";
}

/// A task and what it did, in its order.
struct Column {
    std::string name;
    std::vector<std::string> taken;
    std::string wait;

    [[nodiscard]] std::size_t width() const {
        std::size_t widest = std::max(display_width(name), display_width(wait));
        for (const auto& step : taken) {
            widest = std::max(widest, display_width(step));
        }
        return widest;
    }
};

std::vector<Column> columns_of(const Record::Deadlock& deadlock) {
    std::vector<Column> columns;
    for (const auto& task : deadlock.tasks) {
        auto& column = columns.emplace_back();
        column.name = printable(task_name(task.comm, task.pid));
        for (const auto& held : task.holds) {
            column.taken.push_back(printable(in_words(held, words_for(held).taking_step)));
        }
        column.wait = printable(in_words(task.waits_for, words_for(task.waits_for).waiting_step));
    }
    return columns;
}

class Drawing {
public:
    Drawing(const Record::Deadlock& deadlock, std::size_t columns)
        : tasks_(columns_of(deadlock)), room_(columns - std::min(columns, kDrawingMark.size() + 1 + kDrawingIndent)) {
        if (side_by_side(kWideGap) || side_by_side(kNarrowGap) || numbered()) {
            scenario();
        } else {
            lists();
        }
        line("");
        text_ += fmt::format("{}  {}\n", kDrawingMark, ending(deadlock.kind));
    }
    std::string text() && { return std::move(text_); }

private:
    void line(std::string_view text) {
        const std::string full = fmt::format("{} {:{}}{}", kDrawingMark, "", kDrawingIndent, text);
        text_ += full.substr(0, full.find_last_not_of(' ') + 1) + "\n";
    }

    /// Under their own names, no column reaching into the next.
    bool side_by_side(std::size_t gap) {
        offsets_.clear();
        std::size_t end = 0;
        for (const auto& task : tasks_) {
            offsets_.push_back(end == 0 ? 0 : end + gap);
            end = offsets_.back() + task.width();
        }
        return end <= room_;
    }

    /// A line has one entry only, which may reach below other columns. So the beginnings of columns can be close.
    bool numbered() {
        offsets_.clear();
        std::size_t widest = 0;
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            auto& task = tasks_[i];
            const std::string number = fmt::format("task {}", i + 1);
            line(cut_middle(fmt::format("{}: {}", number, task.name), room_));
            task.name = number;
            for (auto& step : task.taken) {
                step = cut_middle(step, room_ / 2);
            }
            task.wait = cut_middle(task.wait, room_ / 2);
            widest = std::max(widest, task.width());
        }
        line("");
        const std::size_t stride =
            tasks_.size() < 2 ? room_ : std::min(widest + kNarrowGap, (room_ - widest) / (tasks_.size() - 1));
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            offsets_.push_back(i * stride);
        }
        return stride >= kNarrowestColumn;
    }

    void entry(std::size_t column, std::string_view text) { line(std::string(offsets_[column], ' ').append(text)); }

    void headings() {
        std::string names;
        std::string rules;
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            const std::size_t gap = offsets_[i] - display_width(names);
            names.append(gap, ' ').append(tasks_[i].name);
            rules.append(gap, ' ').append(display_width(tasks_[i].name), '-');
        }
        line(names);
        line(rules);
    }

    void scenario() {
        headings();
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            for (const auto& step : tasks_[i].taken) {
                entry(i, step);
            }
        }
        for (std::size_t i = tasks_.size(); i-- > 0;) {
            entry(i, tasks_[i].wait);
        }
    }

    void lists() {
        for (const auto& task : tasks_) {
            auto steps = task.taken;
            steps.push_back(task.wait);
            line(cut_middle(fmt::format("{}: {}", task.name, fmt::join(steps, " ")), room_));
        }
    }

    std::vector<Column> tasks_;
    std::size_t room_;
    std::vector<std::size_t> offsets_;
    std::string text_;
};

}  // namespace

std::string draw(const Record::Deadlock& deadlock, std::size_t columns) { return Drawing(deadlock, columns).text(); }

}  // namespace blkhang
