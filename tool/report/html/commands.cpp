// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/commands.h"

#include <fmt/format.h>

#include "base/shell.h"
#include "record/files.h"
#include "report/repro/reproducer.h"

namespace blkhang {

std::vector<CommandToTry> commands_to_reproduce(const Record& record) {
    const std::string file = fmt::format("./{}", files::kProfile);
    if (was_on_host(record)) {
        return {{"The same once more, on that host: the profile as it was made for it (run it where the record is)",
                 fmt::format("blkhang run {} {}", file, kOnThisHost)}};
    }
    const auto run = [&record](const std::string& profile, const std::string& kernel) {
        return fmt::format("blkhang run {}{}{}", profile,
                           kernel.empty() ? "" : fmt::format(" --guest {}", shell_quoted(kernel)),
                           record.plant.empty() ? "" : fmt::format(" --plant {}", shell_quoted(record.plant)));
    };
    const std::string asked_for = kernel_as_asked_for(record.run.kernel);
    const std::string exact = exact_kernel(record.run.kernel);
    std::vector<CommandToTry> commands{
        {"The same once more: this very kernel, and the profile with every value as it was (run it where the record "
         "is)",
         run(file, exact.empty() ? asked_for : exact)}};
    if (is_built_in(record.profile.name)) {
        commands.push_back({"The profile as it is built in, on the kernel as it was asked for",
                            run(shell_quoted(record.profile.name), asked_for)});
    } else if (!exact.empty()) {
        commands.push_back({"The same profile, on the kernel as it was asked for", run(file, asked_for)});
    }
    return commands;
}

}  // namespace blkhang
