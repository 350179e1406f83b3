// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/text_width.h"
#include "base/words.h"
#include "kernels/gfp.h"
#include "report/text/cycle_drawing.h"
#include "report/text/stack.h"
#include "report/words/layout.h"
#include "report/words/lock_list.h"
#include "report/words/paint.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kBlockedShown = 10;
constexpr std::size_t kBriefFrames = 4;
constexpr std::size_t kKernelMessagesShown = 5;
constexpr std::size_t kStateColumns = 5;  // a letter, between gaps
constexpr std::size_t kWideEnoughForWho = 110;

template <class Task>
std::string shown(const Task& task) {
    return printable(task_name(task.comm, task.pid));
}

/// The line break after a block is the template's.
std::string block(std::string text) {
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    return text;
}

/// "KERNEL|NOWARN" of "GFP_KERNEL|__GFP_NOWARN": a column says that it is about gfp, and there is little room.
std::string short_gfp(std::string text) {
    for (const std::string_view prefix : {"__GFP_", "GFP_"}) {
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
            text.erase(at, prefix.size());
        }
    }
    return text;
}

std::string kernel_of(const Record& record) {
    const std::string& kernel = record.kernel.release.empty() ? record.run.kernel : record.kernel.release;
    return kernel.empty() ? "an unknown kernel" : kernel;
}

/// The values of record.txt.mustache. Each of its sections is a function here. What is absent has no value, so that the
/// template can leave its section out.
class TextValues {
public:
    TextValues(const Record& record, const TextOptions& options) : record_(record), options_(options) {
        title();
        why();
        exercised();
        deadlock();
        held_locks();
        blocked_tasks();
        kernel_messages();
        nesting();
        circumstances();
        next();
    }
    Json values() && { return std::move(values_); }

private:
    /// A value of one line; none if it is empty.
    void line(const char* name, std::string_view text) { add_line(values_, name, text); }
    static void add_line(Json& values, const char* name, std::string_view text) {
        if (!text.empty()) {
            values[name] = printable(text);
        }
    }

    void title() {
        line("verdict", headline(record_.verdict.value, false));
        line("profile", record_.profile.name);
        line("kernel", kernel_of(record_));
        line("plant", record_.plant);
        if (options_.colour) {
            values_["colour"] = colour_of(record_.verdict.value);
            values_["bold"] = kBold;
            values_["plain"] = kPlain;
        }
    }

    void why() {
        line("what_happened", what_happened(record_));
        add_sentences("why", blkhang::why(record_));
        add_sentences("known", how_it_is_known(record_));
    }

    void add_sentences(const char* name, const std::vector<std::string>& sentences) {
        for (const auto& sentence : sentences) {
            values_[name]["sentences"].push_back(printable(sentence));
        }
    }

    /// Where the load did too little, everything that was counted may tell why.
    [[nodiscard]] bool counts_all() const {
        return options_.stacks == Stacks::full || record_.verdict.value == Verdict::inconclusive ||
               record_.verdict.value == Verdict::error;
    }

    void exercised() {
        std::size_t folded = 0;
        if (!record_.coverage.empty()) {
            Table table({Table::Align::cut, Table::Align::right, Table::Align::right, Table::Align::left});
            table.row({"what", "seen", "required", ""});
            // A run that found something stopped there: that it saw little means nothing.
            const bool is_short = record_.verdict.value == Verdict::inconclusive;
            bool is_any_shown = false;
            for (const auto& item : record_.coverage) {
                if (item.required == 0 && !counts_all()) {
                    ++folded;
                    continue;
                }
                is_any_shown = true;
                table.row({item.id, std::to_string(item.count), item.required > 0 ? std::to_string(item.required) : "-",
                           is_short && !item.met ? "too few" : ""});
            }
            if (is_any_shown) {
                values_["coverage"] = block(table.text(kIndent, options_.columns));
            }
        }
        std::vector<std::string> load;
        for (const auto& [name, amount] : record_.load) {
            if (counts_all()) {
                load.push_back(fmt::format("{} {}", name, amount));
            }
        }
        folded += counts_all() ? 0 : record_.load.size();
        if (folded > 0) {
            values_["folded"] = folded;
        }
        line("load", fmt::format("{}", fmt::join(load, ", ")));
        values_["lost_events"] = record_.lost_events;
        for (const auto& truncation : record_.truncated.value_or(std::vector<Truncation>{})) {
            values_["truncated"].push_back(printable(in_words(truncation)));
        }
    }

    void deadlock() {
        if (!record_.deadlock) {
            return;
        }
        Json deadlock = Json::object();
        deadlock["is_livelock"] = record_.deadlock->kind == kLivelock;
        deadlock["is_machine_lost"] = record_.deadlock->kind == kMachineLost;
        deadlock["is_no_finding"] = !is_finding(record_);
        deadlock["drawing"] = drawing();
        deadlock["tasks"] = Json::array();
        for (const auto& task : record_.deadlock->tasks) {
            Json each = Json::object();
            add_line(each, "name", shown(task));
            add_line(each, "state", task.state ? std::string(1, *task.state) : "");
            add_line(each, "role", part(*record_.deadlock, task));
            each["stack"] = block(cycle_stack(task, options_));
            deadlock["tasks"].push_back(std::move(each));
        }
        values_["deadlock"] = std::move(deadlock);
    }

    /// Its last line, which says what it comes to, in red.
    [[nodiscard]] std::string drawing() const {
        const std::string drawn = block(draw(*record_.deadlock, options_.columns));
        const auto end = drawn.rfind("***", drawn.rfind("***") - 1);
        if (!is_finding(record_)) {  // what it would come to is no verdict
            return drawn.substr(0, drawn.rfind('\n', drawn.rfind('\n', end) - 1));
        }
        return drawn.substr(0, end) + painted(drawn.substr(end), kRed, options_.colour);
    }

    /// Those of others say little to who knows the cycle.
    void held_locks() {
        const LockList list = lock_list(record_);
        if (list.note.empty()) {
            return;
        }
        Json& values = values_["held_locks"];
        values["heading"] = kLockListHeading;
        add_line(values, "note", list.note);
        const bool shows_all = options_.stacks == Stacks::full || list.of_cycle.empty();
        for (const auto& [name, rows] : {std::pair{"of_cycle", &list.of_cycle}, {"of_others", &list.of_others}}) {
            values[name] = Json::array();
            for (const auto& row : *rows) {
                if (rows == &list.of_cycle || shows_all) {
                    values[name].push_back({{"task", printable(row.task)}, {"locks", printable(row.locks)}});
                }
            }
        }
        if (!shows_all && !list.of_others.empty()) {
            values["more"] = list.of_others.size();
        }
    }

    void blocked_tasks() {
        const auto [blocked, looping, others] = tasks_beside(record_);
        values_["looping_heading"] = kLoopingHeading;
        tasks_in("looping", looping);
        tasks_in("blocked", blocked);
        tasks_in("not_blocked", others);
    }

    using Tasks = std::vector<const Record::Blocked*>;

    void tasks_in(const char* section, const Tasks& tasks) {
        if (tasks.empty()) {
            return;
        }
        const bool full = options_.stacks == Stacks::full;
        Json& values = values_[section];
        values["tasks"] = block(full ? tasks_in_full(tasks) : tasks_in_brief(tasks));
        if (!full && tasks.size() > kBlockedShown) {
            values["more"] = tasks.size() - kBlockedShown;
        }
    }

    [[nodiscard]] std::string tasks_in_brief(const Tasks& tasks) const {
        const std::size_t count = std::min(tasks.size(), kBlockedShown);
        std::vector<std::string> names;
        std::size_t taken = 0;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(shown(*tasks[i]));
            taken = std::max(taken, kIndent + display_width(names.back()) + kStateColumns);
        }
        const std::size_t room = options_.columns - std::min(options_.columns, taken);
        Table table({Table::Align::cut, Table::Align::left, Table::Align::cut});
        for (std::size_t i = 0; i < count; ++i) {
            const auto& task = *tasks[i];
            table.row({names[i], std::string(1, task.state), whereabouts(task, kBriefFrames, room)});
        }
        return table.text(kIndent, options_.columns);
    }

    [[nodiscard]] std::string tasks_in_full(const Tasks& tasks) const {
        std::string text;
        for (const auto* task : tasks) {
            text += fmt::format("{}  {}, state {}\n{}", text.empty() ? "" : "\n", shown(*task),
                                printable(std::string(1, task->state)), whole_stack(task->stack, options_));
        }
        return text;
    }

    void kernel_messages() {
        if (!record_.kernel_reports || record_.kernel_reports->empty()) {
            return;
        }
        const auto& messages = *record_.kernel_reports;
        Json& shown = values_["kernel_messages"]["messages"] = Json::array();
        for (std::size_t i = 0; i < std::min(messages.size(), kKernelMessagesShown); ++i) {
            const auto& [at_ms, report, relation] = messages[i];
            shown.push_back({{"at", duration_words(at_ms)},
                             {"headline", printable(report.headline)},
                             {"relation", printable(relation)}});
        }
        if (messages.size() > kKernelMessagesShown) {
            values_["kernel_messages"]["more"] = messages.size() - kKernelMessagesShown;
        }
    }

    void nesting() {
        if (record_.nesting.empty()) {
            return;
        }
        const bool who = options_.columns >= kWideEnoughForWho;
        const auto version = kernel_version(record_.kernel.release);
        using Align = Table::Align;
        std::vector<Align> columns{Align::cut, Align::cut, Align::right, Align::right};
        std::vector<std::string> names{"inside", "entered", "times", "first at"};
        if (who) {
            columns.push_back(Align::cut);
            names.emplace_back("by");
        }
        columns.push_back(Align::cut);  // gives way first: of a scope's name each part tells
        names.emplace_back("gfp");
        Table table(columns);
        table.row(names);
        for (const auto& edge : record_.nesting) {
            std::vector<std::string> cells{std::string(to_string(edge.outer)), std::string(to_string(edge.inner)),
                                           std::to_string(edge.count),
                                           edge.first_ms ? duration_words(*edge.first_ms) : ""};
            if (who) {
                cells.push_back(edge.comm && edge.pid ? task_name(*edge.comm, *edge.pid) : "");
            }
            cells.push_back(edge.gfp ? short_gfp(gfp_in_words(*edge.gfp, version)) : "");
            table.row(cells);
        }
        values_["nesting"] = block(table.text(kIndent, options_.columns));
        if (options_.stacks == Stacks::full) {
            first_entries();
        }
    }

    void first_entries() {
        Json& entries = values_["first_entries"] = Json::array();
        for (const auto& edge : record_.nesting) {
            if (!edge.stack.empty()) {
                entries.push_back({{"outer", to_string(edge.outer)},
                                   {"inner", to_string(edge.inner)},
                                   {"stack", block(whole_stack(edge.stack, options_))}});
            }
        }
    }

    void circumstances() {
        const auto& kernel = record_.kernel;
        line("release", kernel.release);
        line("version", kernel.version);
        line("arch", kernel.arch);
        line("asked_for", record_.run.kernel);
        line("taint_before", fmt::format("{:#x}", kernel.taint_before));
        line("taint_after", kernel.taint_after ? fmt::format("{:#x}", *kernel.taint_after) : "");
        line("tier", record_.tier.used);
        values_["probes"] = record_.tier.attached.size();
        values_["not_watched"] = Json::array();
        for (const auto& missing : record_.tier.missing) {
            values_["not_watched"].push_back({{"what", printable(missing.what)}, {"why", printable(missing.why)}});
        }
        std::vector<std::string> phases;
        for (const auto& phase : record_.phases) {
            phases.push_back(fmt::format("{} {}", phase.name, duration_words(phase.end_ms - phase.start_ms)));
        }
        line("phases", fmt::format("{}", fmt::join(phases, ", ")));
        for (const auto& note : record_.run.notes.value_or(std::vector<std::string>{})) {
            values_["notes"].push_back(printable(note));
        }
        line("ended", to_string(record_.run.ended));
        line("ended_detail", tells_how_it_ended(record_.verdict.reasons) ? "" : record_.run.detail);
        line("accelerator", record_.run.accelerator);
        line("tool_version", record_.tool.version);
        line("tool_commit", record_.tool.commit);
    }

    /// Then it is not said again.
    [[nodiscard]] bool tells_how_it_ended(const std::vector<std::string>& reasons) const {
        return std::ranges::any_of(
            reasons, [&](const std::string& reason) { return reason.find(record_.run.detail) != std::string::npos; });
    }

    void next() {
        values_["next_steps"] = Json::array();
        for (const auto& [text, commands] :
             next_steps(record_, options_.directory, options_.as_shipped, options_.on_host)) {
            Json step{{"text", printable(text)}, {"commands", Json::array()}};
            for (const auto& command : commands) {
                step["commands"].push_back(printable(command));
            }
            values_["next_steps"].push_back(std::move(step));
        }
    }

    const Record& record_;
    const TextOptions& options_;
    Json values_ = Json::object();
};

}  // namespace

std::string headline_of(const Record& record, bool colour) {
    return headline(record.verdict.value, colour) +
           printable(fmt::format("  {} on {}{}", record.profile.name, kernel_of(record),
                                 record.plant.empty() ? "" : fmt::format(", with {} planted", record.plant)));
}

std::string render_text(const Record& record, const TextOptions& options) {
    return render_text(record, options, Templates::built_in()).value();
}

Result<std::string> render_text(const Record& record, const TextOptions& options, const Templates& templates) {
    return templates.render("record.txt.mustache", TextValues(record, options).values())
        .map([&](const std::string& text) { return fitted(text, options.columns); });
}

}  // namespace blkhang
