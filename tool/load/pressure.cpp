// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <fmt/format.h>

#include "load/roles.h"

namespace blkhang {

std::vector<std::string> pressure_command(const Profile& profile) {
    // --vm-keep: touch the same memory again and again instead of mapping it anew, so that it must come back from swap.
    return {"stress-ng",      "--quiet",
            "--no-rand-seed", "--oomable",
            "--vm",           std::to_string(profile.pressure.vm),
            "--vm-bytes",     std::to_string(profile.pressure.vm_bytes),
            "--vm-keep",      "--vm-method",
            "write64"};
}

void play_pressure(const Profile& profile, const LoadSite& site, LoadCounters& counters) {
    auto command = pressure_command(profile);
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (auto& word : command) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    wait_for_go(counters);
    ::execv(site.stress_ng.c_str(), arguments.data());
    ::_exit(127);
}

}  // namespace blkhang
