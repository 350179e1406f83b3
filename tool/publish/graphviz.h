// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "base/result.h"

namespace blkhang {

/// What Graphviz draws of a graph in its language, as SVG. Not finding `dot`, and a graph that takes it longer than it
/// should, are errors.
Result<std::string> drawn_by_dot(const std::string& graph);

}  // namespace blkhang
