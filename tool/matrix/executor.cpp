// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/executor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "matrix/local_executor.h"
#include "matrix/slurm.h"
#include "matrix/slurm_executor.h"

namespace blkhang {

const std::vector<ExecutorKind>& executors() {
    static const std::vector<ExecutorKind> kinds{
        {"local", "each cell in a process on this machine",
         [](const SlurmWishes& slurm) -> Status {
             if (slurm.args.empty() && !slurm.files) {
                 return {};
             }
             return fail(Fault::usage, fmt::format("--slurm-{} goes with --executor slurm only",
                                                   slurm.args.empty() ? "files" : "args"));
         },
         true,
         [](const ExecutorSite& site) -> Result<std::unique_ptr<Executor>> {
             return std::make_unique<LocalExecutor>(site.reuses_boots ? site.directory : std::filesystem::path{});
         }},
        {"slurm", "jobs of a Slurm cluster", [](const SlurmWishes& slurm) { return slurm::try_options(slurm.args); },
         false,
         [](const ExecutorSite& site) {
             return SlurmExecutor::make(site.directory, site.slurm.args,
                                        site.slurm.files.value_or(NodeFiles::automatic));
         }},
    };
    return kinds;
}

Result<const ExecutorKind*> find_executor(std::string_view name) {
    std::vector<std::string_view> names;
    for (const ExecutorKind& kind : executors()) {
        if (kind.name == name) {
            return &kind;
        }
        names.push_back(kind.name);
    }
    return fail(Error(Fault::usage, fmt::format("unknown executor '{}'", name))
                    .hint(fmt::format("there are: {}", fmt::join(names, ", "))));
}

}  // namespace blkhang
