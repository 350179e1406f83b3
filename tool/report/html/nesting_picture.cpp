// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/nesting_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <utility>

#include "base/words.h"
#include "judge/nesting_graph.h"

namespace blkhang {
namespace {

using ScopePair = std::pair<Scope, Scope>;  // outer, inner

constexpr const char* kTakesMutex = "takes pcpu_alloc_mutex";

/// A step of a hazard: a nesting, and what its inner scope takes, where that is no scope itself but a lock.
struct Step {
    ScopePair nesting;
    ScopePair closing{};
    std::string closing_label = {};  ///< empty where there is none
};

Step step_of(const NestingGraph::Nesting& nesting, const NestingGraph::Scopes& scopes) {
    const auto& [outer, inner] = scopes;
    switch (nesting.wanted.kind) {
        case NestingGraph::Place::Kind::percpu_mutex:
            return {{outer, inner}, {inner, Scope::percpu_mutex}, kTakesMutex};
        case NestingGraph::Place::Kind::queue:
            return {{outer, inner},
                    {inner, Scope::queue_frozen},
                    fmt::format("waits while {} is frozen", nesting.wanted.disk)};
        default:
            return {{outer, inner}};
    }
}

std::vector<Step> hazard_of(const Record& record) {
    NestingGraph graph;
    for (const auto& edge : record.nesting) {
        graph.saw(edge.outer, edge.inner, edge.disk);
        graph.count(edge.outer, edge.inner, edge.count);
    }
    const auto fact = record.kernel.fingerprints.find(std::string(kNoioTakesMutex));
    const bool noio_takes_mutex = fact != record.kernel.fingerprints.end() && fact->second == "yes";
    std::vector<Step> steps;
    for (const auto& nesting : graph.cycle(noio_takes_mutex)) {
        if (nesting.scopes) {  // a record tells no others
            steps.push_back(step_of(nesting, *nesting.scopes));
        }
    }
    return steps;
}

constexpr std::array<LockGraph::Kind, kScopeCount> kDrawnAs{
#define SCOPE(tag, name, drawn_as, calls) LockGraph::Kind::drawn_as,
#include "scopes.def"
};

class NestingPicture {
public:
    LockGraph draw(const Record& record) {
        std::map<ScopePair, std::uint64_t> counts;  // the record tells some apart by disk, with the count of all
        for (const auto& edge : record.nesting) {
            auto& count = counts[{edge.outer, edge.inner}];
            count = std::max(count, edge.count);
        }
        for (const auto& [nesting, closing, label] : hazard_of(record)) {
            nested(nesting, counts[nesting], true);
            counts.erase(nesting);
            if (!label.empty()) {
                add(closing, label, fmt::format("{} {}", to_string(closing.first), label), true);
            }
        }
        for (const auto& [nesting, count] : counts) {
            nested(nesting, count, false);
        }
        return std::move(graph_);
    }

private:
    std::size_t node(Scope scope, bool in_cycle) {
        const auto [found, is_new] = nodes_.try_emplace(scope, graph_.nodes.size());
        if (is_new) {
            const std::string detail = scope == Scope::percpu_mutex ? "owner of pcpu_alloc_mutex" : "";
            graph_.nodes.push_back(
                {std::string(to_string(scope)), detail, kDrawnAs.at(static_cast<std::size_t>(scope)), false});
        }
        graph_.nodes[found->second].in_cycle |= in_cycle;
        return found->second;
    }
    void add(const ScopePair& ends, std::string label, std::string sentence, bool in_cycle) {
        const std::size_t from = node(ends.first, in_cycle);
        const std::size_t to = node(ends.second, in_cycle);
        graph_.edges.push_back({from, to, std::move(label), std::move(sentence), in_cycle});
    }
    void nested(const ScopePair& scopes, std::uint64_t count, bool in_cycle) {
        add(scopes, fmt::format("{}\u00d7", count),
            fmt::format("{} was entered inside {} {}", to_string(scopes.second), to_string(scopes.first), times(count)),
            in_cycle);
    }

    LockGraph graph_;
    std::map<Scope, std::size_t> nodes_;
};

}  // namespace

LockGraph nesting_picture(const Record& record) { return NestingPicture().draw(record); }

}  // namespace blkhang
