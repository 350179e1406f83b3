// SPDX-License-Identifier: GPL-2.0-only
#include "load/pressure.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "base/process.h"
#include "load/roles.h"

namespace blkhang {
namespace {

constexpr auto kToStart = std::chrono::seconds(20);  // where a program is emulated, and the machine busy

}  // namespace

std::vector<std::string> pressure_command(const Profile& profile) {
    // --vm-keep: touch the same memory again and again instead of mapping it anew, so that it must come back from swap.
    return {"stress-ng",      "--quiet",
            "--no-rand-seed", "--oomable",
            "--vm",           std::to_string(profile.pressure.vm),
            "--vm-bytes",     std::to_string(profile.pressure.vm_bytes),
            "--vm-keep",      "--vm-method",
            "write64"};
}

std::string reason_against_stress_ng(const std::filesystem::path& program) {
    const auto ended = command_stdout({program.string(), "--version"}, Deadline::after(kToStart));
    return ended ? "" : ended.error().message();
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

void play_memory_writer(const Profile& profile, LoadCounters& counters) {
    // As stress-ng has it, all share what the profile says.
    const std::size_t bytes = profile.pressure.vm_bytes / std::max(1U, profile.pressure.vm);
    auto* const memory = static_cast<volatile std::uint64_t*>(
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (memory == MAP_FAILED) {
        ::_exit(1);
    }
    wait_for_go(counters);
    for (std::uint64_t round = 0;; ++round) {
        for (std::size_t i = 0; i < bytes / sizeof *memory; ++i) {
            memory[i] = round + i;  // another value in each page, which nobody merges
        }
    }
}

}  // namespace blkhang
