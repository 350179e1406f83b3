// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>

#include "record/record.h"
#include "report/words/templates.h"

namespace blkhang {

/// How much of a stack is shown: what tells, the rest folded, or every frame as it was recorded.
enum class Stacks { telling, full };

struct TextOptions {
    std::size_t columns = 100;  ///< no line is wider, but for a command with one word that is
    bool colour = false;        ///< ANSI escape sequences
    Stacks stacks = Stacks::telling;
    std::string directory = "DIR";  ///< of the record, as the reader knows it: for commands to go on with
    bool as_shipped = false;        ///< its profile is_as_shipped(), and commands may call it by its name
    std::string on_host = {};       ///< what its run on this host was given, for commands; empty: not known
};

/// "HANG  elv-switch on 6.1.0-56-cloud-amd64": the first line of the report, without the end of a line.
std::string headline_of(const Record& record, bool colour);

/// A record as people read it on a terminal: the verdict first, then what happened, how that is known, and everything
/// that it rests on.
std::string render_text(const Record& record, const TextOptions& options = {});
/// In the words of these templates; an error if they are damaged.
Result<std::string> render_text(const Record& record, const TextOptions& options, const Templates& templates);

}  // namespace blkhang
