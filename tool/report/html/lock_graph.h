// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "record/record.h"

namespace blkhang {

/// Who holds what and waits for what; or, where no task was caught in a deadlock, which stretch of the kernel was
/// entered inside which.
struct LockGraph {
    enum class Kind { task, mutex, queue, other, scope };
    struct Node {
        std::string name, detail;  ///< the second may be empty
        Kind kind;
        bool in_cycle;
    };
    struct Edge {
        std::size_t from, to;  ///< nodes
        std::string label;
        std::string sentence;  ///< all that it says, for those who do not see the picture
        bool in_cycle;
    };
    std::vector<Node> nodes;  ///< none: the record shows nothing of the kind
    std::vector<Edge> edges;  ///< those of the cycle first, in its order
};

/// `waiting`: the waits that were open when the deadlock was proven; what they add to the cycle is who is stuck behind
/// it.
LockGraph lock_graph(const Record& record, const std::vector<seen::Wait>& waiting);

/// For Graphviz `dot`. Names are whatever tasks called themselves, and are escaped. Classes of nodes and edges (task,
/// mutex, queue, other, scope; cycle) reach the SVG.
std::string dot_source(const LockGraph& graph);

}  // namespace blkhang
