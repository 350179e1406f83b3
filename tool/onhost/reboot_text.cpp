// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/reboot_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/shell.h"
#include "onhost/objections.h"

namespace blkhang {

std::vector<std::string> about_the_reboot(const HostRunRequest& request, const RunningPrograms& running) {
    std::vector<std::string> text{
        "this host needs a reboot. Lost by it is what programs have not written yet, and what of theirs is in the swap "
        "of the run"};
    if (!running.machines.empty()) {
        std::vector<std::string> names;
        names.reserve(running.machines.size());
        for (const auto& machine : running.machines) {
            names.push_back(name_of(machine));
        }
        text.push_back(fmt::format("virtual machines end with it: {}; shut them down before, if they still answer",
                                   fmt::join(names, ", ")));
    }
    text.emplace_back(
        "if `reboot` does not come to its end: echo b > /proc/sysrq-trigger, or the machine's power switch");
    text.push_back(fmt::format("afterwards: blkhang cleanup{}",
                               request.journal.empty() ? ""
                                                       : fmt::format("; blkhang recover --journal {} has the evidence",
                                                                     shell_quoted(request.journal.string()))));
    return text;
}

}  // namespace blkhang
