// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/executor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "matrix/local_executor.h"

namespace blkhang {

const std::vector<ExecutorKind>& executors() {
    static const std::vector<ExecutorKind> kinds{
        {"local", "each cell in a process on this machine",
         []() -> Result<std::unique_ptr<Executor>> { return std::make_unique<LocalExecutor>(); }},
    };
    return kinds;
}

Result<std::unique_ptr<Executor>> make_executor(std::string_view name) {
    std::vector<std::string_view> names;
    for (const ExecutorKind& kind : executors()) {
        if (kind.name == name) {
            return kind.make();
        }
        names.push_back(kind.name);
    }
    return fail(Error(Fault::usage, fmt::format("unknown executor '{}'", name))
                    .hint(fmt::format("there are: {}", fmt::join(names, ", "))));
}

}  // namespace blkhang
