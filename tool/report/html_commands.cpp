// SPDX-License-Identifier: GPL-2.0-only
#include "report/html_commands.h"

#include <fmt/format.h>

#include "record/files.h"
#include "report/reproducer.h"

namespace blkhang {
namespace {

/// "deb:6.1" of "deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)", "tree:." of "tree:. standing for deb:6.1
/// (...)".
std::string as_asked_for(const std::string& kernel) {
    const std::string spec = kernel.substr(0, kernel.find(" standing for "));
    return spec.starts_with("deb:") ? spec.substr(0, spec.find(" (")) : spec;
}

}  // namespace

std::vector<CommandToTry> commands_to_reproduce(const Record& record) {
    const auto run = [&record](const std::string& profile, const std::string& kernel) {
        return fmt::format("blkhang run {}{}{}", profile,
                           kernel.empty() ? "" : fmt::format(" --guest {}", shell_quoted(kernel)),
                           record.plant.empty() ? "" : fmt::format(" --plant {}", shell_quoted(record.plant)));
    };
    const std::string asked_for = as_asked_for(record.run.kernel);
    const std::string exact = exact_kernel(record.run.kernel);
    return {{"The same once more: this very kernel, and the profile with every value as it was (run it where the "
             "record is)",
             run(fmt::format("./{}", files::kProfile), exact.empty() ? asked_for : exact)},
            {"The profile as it is built in, on the kernel as it was asked for",
             run(shell_quoted(record.profile.name), asked_for)}};
}

}  // namespace blkhang
