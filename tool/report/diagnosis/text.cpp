// SPDX-License-Identifier: GPL-2.0-only
#include "report/diagnosis/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/text_width.h"
#include "base/words.h"
#include "report/diagnosis/words.h"
#include "report/text/cycle_drawing.h"
#include "report/text/stack.h"
#include "report/words/layout.h"
#include "report/words/paint.h"
#include "report/words/stack_view.h"

namespace blkhang {
namespace {

constexpr std::size_t kOthersShown = 10;
constexpr std::size_t kFramesOfOthers = 3;
constexpr std::size_t kIndentOfOthers = 2;

class DiagnosisReport {
public:
    DiagnosisReport(const Diagnosis& diagnosis, const std::vector<std::string>& sources, const TextOptions& options)
        : diagnosis_(diagnosis), sources_(sources), options_(options) {}

    std::string render() && {
        text_ = painted(title_of(diagnosis_.answer), colour_of(verdict_of(diagnosis_.answer)), options_.colour);
        text_ += "\n\n";
        paragraph(diagnosis_.headline);
        list("Why", diagnosis_.reasons);
        list("Inferred, not told by the log", diagnosis_.inferred);
        circle();
        list("What is known of it", diagnosis_.about_member);
        warnings();
        others();
        list("What would tell more", diagnosis_.next);
        heading("Where it is from");
        paragraph(provenance(diagnosis_, sources_), "  ");
        if (diagnosis_.left_out > 0) {
            paragraph(fmt::format("{} lines were beyond what is kept of a log and were not read.", diagnosis_.left_out),
                      "  ");
        }
        return std::move(text_);
    }

private:
    void heading(std::string_view text) {
        text_ += fmt::format("\n{}\n", painted(printable(text), kBold, options_.colour));
    }
    void paragraph(std::string_view text, std::string_view indent = {}) {
        text_ += wrap(printable(text), options_.columns, indent);
    }
    void list(std::string_view name, const std::vector<std::string>& lines) {
        if (lines.empty()) {
            return;
        }
        heading(name);
        for (const std::string& line : lines) {
            paragraph(line, "  - ");
        }
    }

    void circle() {
        if (!diagnosis_.circle) {
            return;
        }
        const auto recorded = recorded_circle(diagnosis_);
        heading(diagnosis_.inferred.empty() ? "The circle, read from the log"
                                            : "The circle, read from the log and in part inferred");
        text_ += draw(recorded, options_.columns);
        for (const auto& task : recorded.tasks) {
            text_ += "\n";
            paragraph(fmt::format("{}{}: {}", task_name(task.comm, task.pid),
                                  task.state ? fmt::format(", state {}", *task.state) : "",
                                  diagnosis_.circle->kind == Deadlock::Kind::self ? role_alone(task.waits_for)
                                                                                  : role(task.holds, task.waits_for)),
                      "  ");
            text_ += cycle_stack(task, options_);
        }
    }

    void warnings() {
        if (diagnosis_.lockdep.empty()) {
            return;
        }
        heading("Warnings of lockdep");
        for (const auto& warning : diagnosis_.lockdep) {
            paragraph(warning.what + ".", "  - ");
            if (!warning.disks.empty()) {
                paragraph(warning.disks + ".", "    ");
            }
            if (!warning.provoke.empty()) {
                paragraph(fmt::format("What would provoke it for real: {}", warning.provoke), "    ");
            }
        }
    }

    void others() {
        std::vector<const Diagnosis::Task*> others;
        for (const auto& task : diagnosis_.tasks) {
            if (!task.in_circle && !(task.stack.empty() && task.holds.empty())) {
                others.push_back(&task);
            }
        }
        if (others.empty()) {
            return;
        }
        heading(diagnosis_.circle ? "Beside them" : "Tasks in the log");
        if (options_.stacks == Stacks::full) {
            in_full(others);
            return;
        }
        Table table({Table::Align::cut, Table::Align::left, Table::Align::cut, Table::Align::cut});
        for (std::size_t i = 0; i < std::min(others.size(), kOthersShown); ++i) {
            const auto& task = *others[i];
            table.row({printable(task_name(task.comm, task.pid)), task.state ? std::string(1, *task.state) : "-",
                       printable(role_of(task) + (task.unmoved ? ", unmoved" : "")),
                       printable(brief(task.stack, kFramesOfOthers))});
        }
        text_ += table.text(kIndentOfOthers, options_.columns);
        if (others.size() > kOthersShown) {
            paragraph(fmt::format("... and {} more (--stacks full)", others.size() - kOthersShown), "  ");
        }
    }

    void in_full(const std::vector<const Diagnosis::Task*>& others) {
        for (const auto* task : others) {
            text_ += "\n";
            paragraph(fmt::format("{}{}{}{}", task_name(task->comm, task->pid),
                                  task->state ? fmt::format(", state {}", *task->state) : "",
                                  role_of(*task).empty() ? "" : ": ", role_of(*task)),
                      "  ");
            text_ += whole_stack(task->stack, options_);
        }
    }

    const Diagnosis& diagnosis_;
    const std::vector<std::string>& sources_;
    const TextOptions& options_;
    std::string text_;
};

}  // namespace

std::string render_diagnosis(const Diagnosis& diagnosis, const std::vector<std::string>& sources,
                             const TextOptions& options) {
    return fitted(DiagnosisReport(diagnosis, sources, options).render(), options.columns);
}

}  // namespace blkhang
