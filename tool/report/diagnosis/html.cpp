// SPDX-License-Identifier: GPL-2.0-only
#include "report/diagnosis/html.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/words.h"
#include "report/diagnosis/words.h"
#include "report/html/values.h"
#include "report/text/cycle_drawing.h"
#include "report/words/stack_view.h"

namespace blkhang {
namespace {

constexpr std::size_t kDrawingColumns = 100;
constexpr std::size_t kTasksShown = 200;

Json circle_of(const Diagnosis& diagnosis) {
    if (!diagnosis.circle) {
        return false;
    }
    const auto recorded = recorded_circle(diagnosis);
    Json tasks = Json::array();
    for (const auto& task : recorded.tasks) {
        tasks.push_back({{"name", task_name(task.comm, task.pid)},
                         {"role", diagnosis.circle->kind == Deadlock::Kind::self ? role_alone(task.waits_for)
                                                                                 : role(task.holds, task.waits_for)},
                         {"lines", noted_lines(task)}});
    }
    return {{"drawing", draw(recorded, kDrawingColumns)}, {"tasks", std::move(tasks)}};
}

Json others_of(const Diagnosis& diagnosis) {
    Json others = Json::array();
    for (const auto& task : diagnosis.tasks) {
        if (!task.in_circle && !task.stack.empty() && others.size() < kTasksShown) {
            others.push_back({{"name", task_name(task.comm, task.pid)},
                              {"state", task.state ? std::string(1, *task.state) : "-"},
                              {"role", role_of(task)},
                              {"unmoved", task.unmoved},
                              {"stack", fmt::format("{}", fmt::join(task.stack, "\n"))}});
        }
    }
    return others;
}

/// A section of the page: false, so that the template can leave it out, where there is nothing in it.
Json section(const Json& list, const char* name) { return list.empty() ? Json(false) : Json{{name, list}}; }

}  // namespace

Result<std::string> page_of(const Diagnosis& diagnosis, const std::vector<std::string>& sources,
                            const Templates& templates) {
    Json warnings = Json::array();
    for (const auto& warning : diagnosis.lockdep) {
        warnings.push_back({{"what", warning.what}, {"disks", warning.disks}, {"provoke", warning.provoke}});
    }
    const Json values{{"title", title_of(diagnosis.answer)},
                      {"tone", tone_of(verdict_of(diagnosis.answer))},
                      {"headline", diagnosis.headline},
                      {"reasons", section(diagnosis.reasons, "lines")},
                      {"inferred", section(diagnosis.inferred, "lines")},
                      {"circle", circle_of(diagnosis)},
                      {"about", section(diagnosis.about_member, "lines")},
                      {"lockdep", section(warnings, "warnings")},
                      {"others", section(others_of(diagnosis), "tasks")},
                      {"next", section(diagnosis.next, "lines")},
                      {"provenance", provenance(diagnosis, sources)}};
    return templates.render("diagnosis.html.mustache", clean_values(values));
}

}  // namespace blkhang
