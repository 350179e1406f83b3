// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/kernel.h"

namespace blkhang {

/// Where a guest finds what guests in it boot, if they boot a kernel.
inline constexpr const char* kInnerKernel = "/blkhang/inner/kernel";
inline constexpr const char* kInnerInitramfs = "/blkhang/inner/initramfs";

/// What to boot and what to hand to it.
struct GuestPlan {
    Kernel kernel;
    std::uint64_t memory = 256u << 20;  ///< bytes
    std::uint32_t cpus = 2;
    std::uint32_t possible_cpus = 64;
    std::vector<std::uint64_t>
        disks;  ///< sizes in bytes; appear as /dev/vda, /dev/vdb ... (memfd behind, gone with QEMU)
    std::vector<std::string>
        modules;                  ///< by name, beside the virtio ones that every guest gets; absent ones are skipped
    std::filesystem::path plant;  ///< a .ko that the guest loads last; empty: none
    std::string job;              ///< JSON text, readable in the guest as /blkhang/job.json
    std::vector<std::filesystem::path> programs;  ///< of this machine, wanted in the guest with their libraries
    std::map<std::filesystem::path, std::filesystem::path> files;  ///< path there -> a file of this machine
    /// The job of guests in the guest, which boot the same kernel; empty: there are none that boot a kernel.
    std::string inner_job;
    std::chrono::seconds boot_limit{60};  ///< first line of the stream by then, or it does not boot; busy hosts: longer
    std::chrono::seconds run_limit{300};  ///< the whole life of the guest
    /// No stream line for so long after the first: the guest is lost. Nothing is said while the kernel verifies the
    /// probes: 52 s where four guests shared two CPUs without KVM.
    std::chrono::seconds silence_limit{150};
    /// Of a file that guests share which are one and the same machine: the first to be ready for its load leaves its
    /// state there, and the others go on from that, see lab/boot_state.h. -1: each boots.
    int boot_state = -1;
};

struct GuestOutcome {
    enum class End { finished, lost, did_not_boot, timed_out, interrupted };
    End end;
    std::string detail;       ///< in words, e.g. the oops line from the console
    std::string accelerator;  ///< "kvm" or "tcg"
    bool stayed_on = false;   ///< finished, but did not power itself off in the time that it had for that
    bool booted = true;       ///< else it went on from the state of another, which it shares up to its load
};

/// Who takes what a guest says, as it arrives. All three are called.
struct GuestListener {
    std::function<void(std::string_view line)> line;         ///< of its evidence stream
    std::function<void(std::uint64_t bytes)> overlong_line;  ///< one of which not even the length makes sense
    std::function<void(std::string_view chunk)> console;
};

/// Boots the guest and hands on what it says. Never outlives the limits by more than it takes to end QEMU, leaves no
/// QEMU and no file behind, also when this process is killed, and keeps no more of a guest than base/limits.h allows.
Result<GuestOutcome> run_guest(const GuestPlan& plan, const GuestListener& listener);

}  // namespace blkhang
