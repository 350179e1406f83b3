// SPDX-License-Identifier: GPL-2.0-only
#include "publish/graphviz.h"

#include "base/process.h"

namespace blkhang {

Result<std::string> drawn_by_dot(const std::string& graph) {
    constexpr std::chrono::seconds kLongest{10};
    CommandOptions options;
    options.input = graph;
    return command_stdout({"dot", "-Tsvg"}, Deadline::after(kLongest), options);
}

}  // namespace blkhang
