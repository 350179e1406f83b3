// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "machine/kernel_lists.h"

namespace blkhang {

/// Where the machine is looked at; tests point it at a fake tree.
struct HostRoots {
    std::filesystem::path proc = "/proc";
    std::filesystem::path sys = "/sys";
    std::filesystem::path dev = "/dev";
    std::filesystem::path etc = "/etc";
    std::filesystem::path var = "/var";
    std::filesystem::path run = "/run";
    std::filesystem::path usr = "/usr";
    std::filesystem::path boot = "/boot";
};

struct CgroupMount {
    int version;  ///< 1 or 2
    std::filesystem::path path;
    std::vector<std::string> controllers;  ///< v2: those that the root offers
};

/// What a host offers. Gathered by reading only; what cannot be read is empty or false.
struct HostFacts {
    std::string release, version, machine;
    bool btf = false;
    std::uint64_t memory_total = 0, memory_available = 0;  ///< bytes
    std::vector<CgroupMount> cgroups;
    std::vector<SwapDevice> swaps;
    bool kvm = false;  ///< /dev/kvm opens for us; that it boots a guest is only known after a try
    bool root = false;
    std::optional<std::filesystem::path> qemu, stress_ng, apt_get, make;  ///< looked up in PATH

    /// Whether any mount of that version has the controller (`io` and `blkio` are told apart).
    [[nodiscard]] bool has_controller(int version, const std::string& name) const;
};

HostFacts gather_host_facts(const HostRoots& roots = {});

}  // namespace blkhang
