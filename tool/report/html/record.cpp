// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/words.h"
#include "kernels/gfp.h"
#include "report/html/commands.h"
#include "report/html/lock_graph_svg.h"
#include "report/html/timeline.h"
#include "report/html/values.h"
#include "report/words/export_text.h"
#include "report/words/lock_list.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

constexpr std::size_t kPageBlocked = 100;
constexpr std::size_t kPageKernelMessages = 50;
constexpr std::size_t kNestingsShown = 300;
constexpr std::size_t kPageFrames = 4;

/// What a page needs to unfold a stack; nothing for an empty one.
Json whole(const Stack& stack) {
    if (stack.empty()) {
        return false;
    }
    return {{"frames", stack.size() == 1 ? "1 frame" : fmt::format("{} frames", stack.size())},
            {"text", fmt::format("{}", fmt::join(stack, "\n"))}};
}

/// "and 12 more", where not all are shown.
Json rest(std::size_t all, std::size_t shown) {
    return all > shown ? Json(fmt::format("{} more", all - shown)) : Json(false);
}

std::string subject_of(const Record& record) {
    const std::string& kernel = record.kernel.release.empty() ? record.run.kernel : record.kernel.release;
    return fmt::format("{} on {}{}", record.profile.name, kernel.empty() ? "an unknown kernel" : kernel,
                       record.plant.empty() ? "" : fmt::format(", with {} planted", record.plant));
}

Json numbered(const LockGraph& graph, bool in_cycle) {
    Json sentences = Json::array();
    for (const auto& edge : graph.edges) {
        if (edge.in_cycle == in_cycle) {
            sentences.push_back(edge.sentence);
        }
    }
    return sentences;
}

/// For those who do not see the picture, at a length that can be listened to; all of it is beside it as text.
std::string description_of(const LockGraph& graph) {
    std::vector<std::string> cycle;
    for (const auto& edge : graph.edges) {
        if (edge.in_cycle) {
            cycle.push_back(edge.sentence);
        }
    }
    return cycle.empty() ? fmt::format("{} relations, none of which is part of a cycle; they follow in words.",
                                       graph.edges.size())
                         : fmt::format("The cycle: {}.", fmt::join(cycle, "; "));
}

Json graph_values(const Record& record, const RecordPictures& pictures) {
    const LockGraph& graph = pictures.graph;
    if (graph.nodes.empty()) {
        return false;
    }
    const auto svg = pictures.graph_svg.and_then(
        [&](const std::string& drawn) { return embeddable_svg(drawn, graph_name(record), description_of(graph)); });
    const Json cycle = numbered(graph, true);
    const Json others = numbered(graph, false);
    const bool none_behind = record.deadlock.has_value() && record.lost_events > 0;
    return {{"name", graph_name(record)},
            {"waits", record.deadlock.has_value()},
            {"stood", record.deadlock && !record.deadlock->detected_ms},
            {"svg", svg ? Json(*svg) : Json(false)},
            {"problem", svg ? Json(false) : Json(svg.error().message())},
            {"has_cycle", !cycle.empty()},
            {"cycle", cycle},
            {"has_others", !others.empty()},
            {"others", others},
            {"waiters_unknown", none_behind}};
}

Json timeline_values(const Record& record, const RecordPictures& pictures) {
    if (!pictures.series) {
        return {{"problem", pictures.series.error().message()}};
    }
    const Timeline picture = timeline(record, *pictures.series);
    Json values{{"problem", false}, {"instant", false}};
    const auto list = [&values](const char* name) -> Json& { return values[name] = Json::array(); };
    Json& phases = list("phases");
    bool is_even = false;
    for (const auto& phase : picture.phases) {
        is_even = !is_even;
        phases.push_back({{"name", phase.name},
                          {"length", phase.length},
                          {"from", fmt::format("{:.2f}", phase.from)},
                          {"width", fmt::format("{:.2f}", phase.width)},
                          {"has_room", phase.has_room},
                          {"class", phase.is_load ? "load"
                                    : is_even     ? "even"
                                                  : "odd"}});
    }
    Json& ticks = list("ticks");
    for (const auto& tick : picture.ticks) {
        ticks.push_back({{"at", fmt::format("{:.2f}", tick.at)}, {"label", tick.label}});
    }
    Json& curves = list("curves");
    for (const auto& curve : picture.curves) {
        curves.push_back(
            {{"name", curve.name},
             {"summary", curve.summary},
             {"line", curve.line},
             {"required_y", curve.required_y ? Json(fmt::format("{:.1f}", *curve.required_y)) : Json(false)}});
    }
    if (picture.instant) {
        constexpr double kMiddle = 50;
        values["instant"] = {
            {"at", fmt::format("{:.2f}", picture.instant->at)},
            {"right", fmt::format("{:.2f}", 100 - picture.instant->at)},
            {"is_late", picture.instant->at > kMiddle},
            {"stood", picture.instant->stood ? Json(fmt::format("{:.2f}", *picture.instant->stood)) : Json(false)},
            {"label", picture.instant->label}};
    }
    values["has_axis"] = !picture.phases.empty() || !picture.curves.empty();
    values["is_bent"] = picture.is_bent;
    values["notes"] = picture.notes;
    return values;
}

std::string deadlock_heading(const Record& record) {
    const auto& deadlock = *record.deadlock;
    if (!is_finding(record)) {
        return "A cycle of waits that had been seen";
    }
    if (deadlock.kind == kMachineLost) {
        return "The cycle that stood when the machine was lost";
    }
    return deadlock.kind == kLivelock ? "The livelock" : "The deadlock";
}

Json deadlock_values(const Record& record) {
    if (!record.deadlock) {
        return false;
    }
    const auto& deadlock = *record.deadlock;
    Json tasks = Json::array();
    for (const auto& task : deadlock.tasks) {
        tasks.push_back({{"name", task_name(task.comm, task.pid)},
                         {"state", task.state ? Json(std::string(1, *task.state)) : Json(false)},
                         {"role", part(deadlock, task)},
                         {"lines", noted_lines(task)},
                         {"whole", whole(task.stack)}});
    }
    return {{"heading", deadlock_heading(record)}, {"tasks", std::move(tasks)}};
}

Json lock_rows(const std::vector<LockList::Row>& rows) {
    Json list = Json::array();
    for (const auto& [task, locks] : rows) {
        list.push_back({{"task", task}, {"locks", locks}});
    }
    return list;
}

Json held_lock_values(const Record& record) {
    const LockList list = lock_list(record);
    if (list.note.empty()) {
        return false;
    }
    return {{"heading", kLockListHeading},
            {"note", list.note},
            {"of_cycle", lock_rows(list.of_cycle)},
            {"has_others", !list.of_others.empty()},
            {"of_others", lock_rows(list.of_others)}};
}

Json tasks_under(std::string_view heading, const std::vector<const Record::Blocked*>& all_tasks) {
    Json tasks = Json::array();
    for (const auto* task : all_tasks) {
        if (tasks.size() == kPageBlocked) {
            break;
        }
        tasks.push_back({{"name", task_name(task->comm, task->pid)},
                         {"state", std::string(1, task->state)},
                         {"brief", whereabouts(*task, kPageFrames)},
                         {"whole", whole(task->stack)}});
    }
    return {{"heading", heading}, {"rest", rest(all_tasks.size(), tasks.size())}, {"tasks", std::move(tasks)}};
}

Json blocked_values(const Record& record) {
    const auto [blocked, looping, others] = tasks_beside(record);
    Json lists = Json::array();
    for (const auto& [heading, tasks] : {std::pair{std::string_view(kLoopingHeading), &looping},
                                         {blocked_heading(record), &blocked},
                                         {kNotBlockedHeading, &others}}) {
        if (!tasks->empty()) {
            lists.push_back(tasks_under(heading, *tasks));
        }
    }
    return lists;
}

Json kernel_message_values(const Record& record) {
    if (!record.kernel_reports || record.kernel_reports->empty()) {
        return false;
    }
    Json messages = Json::array();
    for (const auto& [at_ms, report, relation] : *record.kernel_reports) {
        if (messages.size() == kPageKernelMessages) {
            break;
        }
        messages.push_back({{"at", duration_words(at_ms)},
                            {"headline", report.headline},
                            {"relation", relation},
                            {"whole", whole(report.stack)}});
    }
    return {{"rest", rest(record.kernel_reports->size(), messages.size())}, {"messages", std::move(messages)}};
}

Json nesting_values(const Record& record) {
    if (record.nesting.empty()) {
        return false;
    }
    const auto version = kernel_version(record.kernel.release);
    Json edges = Json::array();
    for (const auto& edge : record.nesting) {
        if (edges.size() == kNestingsShown) {
            break;
        }
        edges.push_back({{"outer", to_string(edge.outer)},
                         {"inner", to_string(edge.inner)},
                         {"disk", edge.disk ? Json(*edge.disk) : Json(false)},
                         {"count", edge.count},
                         {"first", edge.first_ms ? duration_words(*edge.first_ms) : ""},
                         {"by", edge.comm && edge.pid ? task_name(*edge.comm, *edge.pid) : ""},
                         {"gfp", edge.gfp ? gfp_in_words(*edge.gfp, version) : ""},
                         {"whole", whole(edge.stack)}});
    }
    return {{"rest", rest(record.nesting.size(), edges.size())}, {"edges", std::move(edges)}};
}

Json coverage_values(const Record& record) {
    Json items = Json::array();
    Json others = Json::array();
    for (const auto& item : record.coverage) {
        if (item.required > 0) {
            items.push_back({{"id", item.id}, {"seen", item.count}, {"required", item.required}, {"met", item.met}});
        } else {
            others.push_back({{"id", item.id}, {"seen", item.count}});
        }
    }
    Json load = Json::array();
    for (const auto& [name, amount] : record.load) {
        load.push_back({{"name", name}, {"amount", amount}});
    }
    Json truncated = Json::array();
    for (const auto& truncation : record.truncated.value_or(std::vector<Truncation>{})) {
        truncated.push_back(in_words(truncation));
    }
    return {{"is_empty", record.coverage.empty()},
            {"has_items", !items.empty()},
            {"items", std::move(items)},
            {"has_others", !others.empty()},
            {"others", std::move(others)},
            {"has_load", !load.empty()},
            {"load", std::move(load)},
            {"truncated", std::move(truncated)},
            {"lost", record.lost_events}};
}

class Facts {
public:
    void add(const char* name, const std::string& value) {
        if (!value.empty()) {
            facts_.push_back({{"name", name}, {"value", value}});
        }
    }
    Json take() { return std::move(facts_); }

private:
    Json facts_ = Json::array();
};

std::string taint_words(const Record& record) {
    const auto words = [](std::uint64_t taint) { return taint == 0 ? "none" : fmt::format("{:#x}", taint); };
    const auto& [before, after] = std::pair(record.kernel.taint_before, record.kernel.taint_after);
    return after == before ? fmt::format("{}, before and after", words(before))
                           : fmt::format("{} before, {} after", words(before), after ? words(*after) : "unknown");
}

Json environment_values(const Record& record) {
    const auto& run = record.run;
    Facts facts;
    facts.add("Kernel",
              one_line(fmt::format("{} {} {}", record.kernel.release, record.kernel.version, record.kernel.arch)));
    facts.add("Asked for", run.kernel);
    facts.add("Taint", record.kernel.release.empty() ? "" : taint_words(record));
    facts.add("Planted bug", record.plant);
    facts.add("Profile", record.profile.name);
    facts.add("Machine", run.accelerator.empty() ? "" : fmt::format("QEMU guest under {}", run.accelerator));
    facts.add("Watched by", record.tier.used.empty()
                                ? ""
                                : fmt::format("{}, {} probes attached", record.tier.used, record.tier.attached.size()));
    facts.add("Started", run.started.value_or(""));
    facts.add("Took", run.total_s ? fmt::format("{:.1f} s in all", *run.total_s) : "");
    for (const auto& note : run.notes.value_or(std::vector<std::string>{})) {
        facts.add("Note", note);
    }
    // Not again where it is a reason for the verdict.
    const bool is_told =
        run.detail.empty() || std::ranges::any_of(record.verdict.reasons, [&](const std::string& reason) {
            return reason.find(run.detail) != std::string::npos;
        });
    facts.add("Ended", fmt::format("{}{}", to_string(run.ended), is_told ? "" : fmt::format(" ({})", run.detail)));
    facts.add("Damaged evidence", run.damaged_lines > 0 ? fmt::format("{} lines", run.damaged_lines) : "");
    facts.add("blkhang", fmt::format("{} ({})", record.tool.version, record.tool.commit));
    Json missing = Json::array();
    for (const auto& [what, why] : record.tier.missing) {
        missing.push_back({{"what", what}, {"why", why}});
    }
    Json kernel_facts = Json::array();
    for (const auto* facts_of : {&record.kernel.fingerprints, &record.kernel.config}) {
        for (const auto& [name, value] : *facts_of) {
            kernel_facts.push_back({{"name", name}, {"value", value}});
        }
    }
    return {{"facts", facts.take()},
            {"has_missing", !missing.empty()},
            {"missing", std::move(missing)},
            {"has_kernel_facts", !kernel_facts.empty()},
            {"kernel_facts", std::move(kernel_facts)},
            {"has_probes", !record.tier.attached.empty()},
            {"probes", record.tier.attached}};
}

Json sentence_values(const std::vector<std::string>& sentences) {
    return sentences.empty() ? Json(false) : Json{{"sentences", sentences}};
}

Json next_step_values(const Record& record) {
    Json steps = Json::array();
    for (const auto& [text, commands] : next_steps(record)) {
        steps.push_back({{"text", text}, {"commands", commands}});
    }
    return steps;
}

Json command_values(const Record& record) {
    Json commands = Json::array();
    for (const auto& [purpose, command] : commands_to_reproduce(record)) {
        commands.push_back({{"purpose", purpose}, {"command", command}});
    }
    return commands;
}

}  // namespace

std::optional<double> instant_of(const Record& record) {
    if (!record.deadlock) {
        return std::nullopt;
    }
    const auto& deadlock = *record.deadlock;
    if (deadlock.kind == kMachineLost) {
        return std::nullopt;  // the end of what is known
    }
    return deadlock.lasted_ms ? deadlock.closed_ms + *deadlock.lasted_ms
                              : deadlock.detected_ms.value_or(deadlock.closed_ms);
}

std::string graph_name(const Record& record) {
    if (!record.deadlock) {
        return "What was entered inside what";
    }
    return record.deadlock->kind == kLivelock ? "Who waits for what in the livelock"
                                              : "Who waits for what, and who holds it";
}

Result<std::string> render_html(const Record& record, const RecordPictures& pictures, const Templates& templates) {
    Json values{{"verdict", to_string(record.verdict.value)},
                {"headline", shouted(to_string(record.verdict.value))},
                {"tone", tone_of(record.verdict.value)},
                {"subject", subject_of(record)},
                {"what_happened", what_happened(record)},
                {"why", sentence_values(why(record))},
                {"known", sentence_values(how_it_is_known(record))},
                {"next_steps", next_step_values(record)},
                {"timeline", timeline_values(record, pictures)},
                {"deadlock", deadlock_values(record)},
                {"held_locks", held_lock_values(record)},
                {"blocked", blocked_values(record)},
                {"kernel_messages", kernel_message_values(record)},
                {"nesting", nesting_values(record)},
                {"coverage", coverage_values(record)},
                {"environment", environment_values(record)},
                {"commands", command_values(record)},
                {"graph", graph_values(record, pictures)}};
    return templates.render("record.html.mustache", clean_values(std::move(values)));
}

}  // namespace blkhang
