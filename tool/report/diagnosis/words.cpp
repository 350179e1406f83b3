// SPDX-License-Identifier: GPL-2.0-only
#include "report/diagnosis/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/text/cycle_drawing.h"

namespace blkhang {

std::string_view title_of(Answer answer) {
    switch (answer) {
        case Answer::proven:
            return "PROVEN BY THE LOG";
        case Answer::fits:
            return "FITS A KNOWN HANG";
        case Answer::family:
            return "SAME FAMILY";
        case Answer::awaits:
            return "NOBODY HOLDS IT";
        case Answer::not_family:
            return "NOT OF THIS FAMILY";
        case Answer::too_little:
            break;
    }
    return "TOO LITTLE";
}

Record::Deadlock recorded_circle(const Diagnosis& diagnosis) {
    Record::Deadlock recorded;
    recorded.kind = diagnosis.answer == Answer::proven ? to_string(diagnosis.circle->kind) : kInferredCircle;
    recorded.closed_ms = 0;
    for (const DeadlockTask& task : diagnosis.circle->tasks) {
        const auto listed = std::ranges::find(diagnosis.tasks, task.pid, &Diagnosis::Task::pid);
        recorded.tasks.push_back({task.pid, task.comm, listed == diagnosis.tasks.end() ? std::nullopt : listed->state,
                                  task.waits_for, task.holds, task.stack});
    }
    return recorded;
}

std::string role_of(const Diagnosis::Task& task) {
    std::vector<std::string> parts;
    if (!task.holds.empty()) {
        parts.push_back(fmt::format("has {}", fmt::join(task.holds, ", ")));
    }
    if (!task.waits_for.empty()) {
        parts.push_back(fmt::format("waits for {}", task.waits_for));
    }
    return fmt::format("{}", fmt::join(parts, " and "));
}

std::string provenance(const Diagnosis& diagnosis, const std::vector<std::string>& sources) {
    return fmt::format(
        "Read from {}{}: stacks are what the kernel printed, holds and waits are read off them by what is known of its "
        "functions. Nothing was watched.",
        sources.empty() ? "a log" : fmt::format("{}", fmt::join(sources, ", ")),
        diagnosis.release.empty() ? std::string() : fmt::format(", of a kernel {}", diagnosis.release));
}

}  // namespace blkhang
