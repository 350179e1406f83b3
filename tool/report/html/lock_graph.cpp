// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/lock_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/words.h"
#include "judge/observation.h"
#include "report/html/nesting_picture.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

constexpr std::size_t kBystandersShown = 3;  // for each thing that they wait for

std::string label(std::string_view comm, std::int32_t pid) { return one_line(task_name(comm, pid)); }

LockGraph::Kind drawn_as(AwaitedWords::Sort sort) {
    switch (sort) {
        case AwaitedWords::Sort::mutex:
            return LockGraph::Kind::mutex;
        case AwaitedWords::Sort::queue:
            return LockGraph::Kind::queue;
        case AwaitedWords::Sort::other:
            break;
    }
    return LockGraph::Kind::other;
}

LockGraph::Node thing_node(const Awaited& what) {
    const auto& words = words_for(what);
    return {one_line(in_words(what, words.name)), std::string(words.detail), drawn_as(words.sort), false};
}

class WaitPicture {
public:
    LockGraph draw(const Record::Deadlock& deadlock, const std::vector<seen::Wait>& waiting) {
        for (const auto& task : deadlock.tasks) {
            const std::string state = task.state ? fmt::format("state {}", *task.state) : "";
            tasks_[task.pid] = add({label(task.comm, task.pid), one_line(state), LockGraph::Kind::task, true});
        }
        for (const auto& task : deadlock.tasks) {
            for (const auto& what : task.holds) {
                holds(what, task.pid, true);
            }
            if (!task.waits_for.is_nothing()) {
                waits(tasks_.at(task.pid), task.waits_for, true);
            }
        }
        bystanders(waiting);
        return std::move(graph_);
    }

private:
    std::size_t add(LockGraph::Node node) {
        graph_.nodes.push_back(std::move(node));
        return graph_.nodes.size() - 1;
    }
    std::size_t thing(const Awaited& what, bool in_cycle) {
        const auto [found, is_new] = things_.try_emplace(what, graph_.nodes.size());
        if (is_new) {
            add(thing_node(what));
        }
        graph_.nodes[found->second].in_cycle |= in_cycle;
        return found->second;
    }
    [[nodiscard]] std::string words(std::size_t index) const {
        const auto& node = graph_.nodes[index];
        const bool is_told_by_its_name = node.detail.empty() || node.kind == LockGraph::Kind::task;
        return is_told_by_its_name ? node.name : fmt::format("{} ({})", node.name, node.detail);
    }
    void waits(std::size_t task, const Awaited& what, bool in_cycle, std::string_view verb = "waits for") {
        const std::size_t to = thing(what, in_cycle);
        graph_.edges.push_back(
            {task, to, std::string(verb), fmt::format("{} {} {}", graph_.nodes[task].name, verb, words(to)), in_cycle});
    }
    void holds(const Awaited& what, std::int32_t pid, bool in_cycle) {
        const std::size_t from = thing(what, in_cycle);
        const std::size_t to = tasks_.at(pid);
        const auto& told = words_for(what);
        graph_.edges.push_back({from, to, std::string(told.held_by),
                                fmt::format("{} {} {}", words(from), told.is_held_by, graph_.nodes[to].name),
                                in_cycle});
    }

    /// The first of those that wait for the same are shown each, the others as one. Whoever has what others wait for is
    /// among the first, so that no mutex stands there without its owner.
    void bystanders(const std::vector<seen::Wait>& waiting) {
        std::map<std::string, std::vector<const seen::Wait*>> by_thing;
        for (const auto& wait : waiting) {
            if (!tasks_.contains(wait.pid)) {
                by_thing[to_string(wait.what)].push_back(&wait);
            }
        }
        std::vector<const seen::Wait*> owners;
        for (auto& [text, waiters] : by_thing) {
            const Awaited& what = waiters.front()->what;
            std::stable_partition(waiters.begin(), waiters.end(),
                                  [](const auto* wait) { return !held_by(*wait).empty(); });
            const std::size_t shown = waiters.size() <= kBystandersShown + 1 ? waiters.size() : kBystandersShown;
            for (std::size_t i = 0; i < shown; ++i) {
                const auto& wait = *waiters[i];
                tasks_[wait.pid] = add({label(wait.comm, wait.pid), "", LockGraph::Kind::task, false});
                waits(tasks_.at(wait.pid), what, false);
                owners.push_back(&wait);
            }
            if (shown < waiters.size()) {
                const auto rest =
                    add({fmt::format("{} more tasks", waiters.size() - shown), "", LockGraph::Kind::task, false});
                waits(rest, what, false, "wait for");
            }
        }
        for (const auto* owner : owners) {
            for (const Awaited& what : held_by(*owner)) {
                if (things_.contains(what)) {
                    holds(what, owner->pid, false);
                }
            }
        }
    }

    static std::vector<Awaited> held_by(const seen::Wait& wait) {
        std::vector<Awaited> held = wait.owns.value_or(std::vector<Awaited>{});
        if (wait.owns_percpu_mutex) {
            held.push_back(Awaited::percpu_mutex());
        }
        return held;
    }

    LockGraph graph_;
    std::map<std::int32_t, std::size_t> tasks_;  // by pid
    std::map<Awaited, std::size_t> things_;      // by what is waited for
};

/// As dot reads it between angle brackets: XML. It turns nothing else into markup there.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : one_line(text)) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string_view class_of(LockGraph::Kind kind) {
    switch (kind) {
        case LockGraph::Kind::task:
            return "task";
        case LockGraph::Kind::mutex:
            return "mutex";
        case LockGraph::Kind::queue:
            return "queue";
        case LockGraph::Kind::scope:
            return "scope";
        case LockGraph::Kind::other:
            break;
    }
    return "other";
}

std::string_view shape_of(LockGraph::Kind kind) {
    switch (kind) {
        case LockGraph::Kind::task:
            return "shape=box, style=rounded";
        case LockGraph::Kind::mutex:
            return "shape=hexagon";
        case LockGraph::Kind::queue:
            return "shape=cylinder";
        case LockGraph::Kind::scope:
            return "shape=box";
        case LockGraph::Kind::other:
            break;
    }
    return "shape=ellipse";
}

std::string bold_if(bool wanted, const std::string& text) {
    return wanted && !text.empty() ? fmt::format("<B>{}</B>", text) : text;
}

std::string node_label(const LockGraph::Node& node) {
    std::string label = bold_if(node.in_cycle, escaped(node.name));
    if (!node.detail.empty()) {
        label += fmt::format("<BR/><FONT POINT-SIZE=\"11\">{}</FONT>", escaped(node.detail));
    }
    return label;
}

}  // namespace

LockGraph lock_graph(const Record& record, const std::vector<seen::Wait>& waiting) {
    return record.deadlock ? WaitPicture().draw(*record.deadlock, waiting) : nesting_picture(record);
}

std::string dot_source(const LockGraph& graph) {
    std::string dot =
        "digraph locks {\n"
        "graph [bgcolor=transparent, pad=0.1, nodesep=0.35, ranksep=0.45];\n"
        "node [fontname=\"DejaVu Sans\", fontsize=13, margin=\"0.14,0.08\"];\n"
        "edge [fontname=\"DejaVu Sans\", fontsize=11, arrowsize=0.7];\n";
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const auto& node = graph.nodes[i];
        dot += fmt::format("n{} [label=<{}>, {}, class=\"{}{}\"];\n", i, node_label(node), shape_of(node.kind),
                           class_of(node.kind), node.in_cycle ? " cycle" : "");
    }
    for (const auto& edge : graph.edges) {
        dot += fmt::format("n{} -> n{} [label=<&#160;{}&#160;>, class=\"relation{}\"{}];\n", edge.from, edge.to,
                           bold_if(edge.in_cycle, escaped(edge.label)), edge.in_cycle ? " cycle" : "",
                           edge.in_cycle ? ", weight=4, penwidth=2" : "");
    }
    return dot + "}\n";
}

}  // namespace blkhang
