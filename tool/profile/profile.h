// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// Limits for one cgroup on one disk; 0 means none. Written as io.max (v2) or blkio.throttle.* (v1).
struct Throttle {
    std::uint64_t read_bytes_per_s = 0;
    std::uint64_t write_bytes_per_s = 0;
    std::uint64_t read_ios_per_s = 0;
    std::uint64_t write_ios_per_s = 0;
    [[nodiscard]] bool limits_anything() const {
        return read_bytes_per_s > 0 || write_bytes_per_s > 0 || read_ios_per_s > 0 || write_ios_per_s > 0;
    }
};

enum class CgroupVersion { automatic, v1, v2 };
enum class WriteMode { direct, buffered };  ///< O_DIRECT, or page cache and fsync
enum class WritePattern { sequential, random };
enum class TierChoice {
    automatic,
#define TIER(name, rank, rank_preempting, attach) name,
#include "base/tiers.def"
};
/// As profiles and records call them, in their order.
inline constexpr auto kTierNames = std::to_array<std::string_view>({
    "auto",
#define TIER(name, rank, rank_preempting, attach) #name,
#include "base/tiers.def"
});
inline std::string_view to_string(TierChoice tier) { return kTierNames.at(static_cast<std::size_t>(tier)); }
enum class SwapKind { virtio, null_blk, nbd };
/// What a virtual machine of the load boots: the site's own kernel where it has an image of it, else a boot sector of
/// ours.
enum class KvmBoot { automatic, kernel, sector };
/// Where the groups of virtual machines are: beside those of the rest of the load, or nested as libvirt nests them
/// (machine.slice/machine-qemu-1-NAME.scope/libvirt/emulator).
enum class KvmLayout { flat, libvirt };
/// Which disks a trigger is about; a fresh one has not been swapped to before.
enum class TriggerDisk { swap, data, fresh };
/// stage: each value once, before the load begins, to prepare for the trigger proper.
enum class TriggerPhase { load, stage };

/// What is written where while the load runs. Texts may hold {disk} (the name under /sys/block), {number} (MAJOR:MINOR)
/// and, in the file, {cgroup} (the directory of blkhang's own cgroup).
struct Trigger {
    std::string name = {};
    TriggerPhase phase = TriggerPhase::load;
    TriggerDisk disk = TriggerDisk::swap;
    std::string file = {};
    std::vector<std::string> values = {};  ///< written in turn
    std::chrono::milliseconds every{200};  ///< from the end of one write to the next, or from fresh disk to fresh disk
    std::chrono::milliseconds delay{0};    ///< from the begin of the load, or of swapping to a fresh disk, to the write
    /// Those values whose writes can close the profile's cycle: its trials, where they change anything. Empty: all.
    std::vector<std::string> trials = {};
    bool grows = false;  ///< only a number above all that the file ever held is a trial
};
/// Minima that hold beside the others, unless the kernel is known to have another value of that fingerprint: what the
/// cycle is made of there.
struct CoverageWhere {
    std::string fingerprint = {};
    std::string value = {};
    std::map<std::string, std::uint64_t> coverage = {};  ///< minimum by coverage id
};
/// A run has room for the counts of this many.
inline constexpr std::size_t kMaxTriggers = 8;
/// A run has room for the counts of this many virtual machines.
inline constexpr std::uint32_t kMostGuests = 64;

/// A scenario: what to stage, which load to put on it, and what must have been seen before it counts.
/// Every field has a TOML key of the same path (`profile/fields.cpp` is the one table of them); sizes are bytes.
struct Profile {
    std::string name;
    std::string summary;      ///< one line
    std::string description;  ///< what it provokes, and where that knowledge comes from
    std::string applies;      ///< kernels on which it is known to provoke a hang, in words

    std::chrono::seconds duration{60};       ///< of the load phase
    std::chrono::seconds patience{0};        ///< that the load goes on for, at most, while coverage is still missing
    std::string trial = "owner_first_bios";  ///< coverage id of the counter whose occurrences are the trials
    std::string calibrate = "sync-alloc";    ///< the planted bug of the kind of this profile's cycle

    struct {
        CgroupVersion version = CgroupVersion::automatic;
    } cgroup;

    /// Processes that keep a ring of fresh cgroups: make one, throttle it, put a member into it, remove the oldest.
    struct {
        std::uint32_t workers = 2;
        std::uint32_t ring = 60;                 ///< live cgroups per worker
        std::uint64_t member_memory = 2u << 20;  ///< anonymous memory that each member touches
        std::uint32_t member_writes = 4;         ///< 4 KiB writes, each with fsync, before the member sits still
    } churn;

    /// Steady writers, each in its own throttled cgroup.
    struct {
        std::uint32_t count = 0;
        WriteMode mode = WriteMode::direct;
        WritePattern pattern = WritePattern::random;
        std::uint64_t block = 4096;
        std::uint64_t span = 16u << 20;  ///< each writer's part of the disk
    } writers;

    struct {
        Throttle data;  ///< on the writers' disk
        Throttle swap;  ///< on the swap disk
    } throttle;

    /// stress-ng --vm
    struct {
        std::uint32_t vm = 0;        ///< stressors
        std::uint64_t vm_bytes = 0;  ///< of each
    } pressure;

    /// Virtual machines (QEMU), each in a throttled cgroup of its own, that write to their part of the data disk.
    struct {
        std::uint32_t guests = 0;
        KvmBoot boot = KvmBoot::automatic;
        KvmLayout layout = KvmLayout::flat;
        std::uint64_t memory = 128U << 20U;  ///< of each that boots a kernel
        std::uint64_t block = 32U << 10U;    ///< bytes of each write
        std::uint64_t disk = 16U << 20U;     ///< each one's part of the data disk
    } kvm;

    /// Processes that create and close BPF per-CPU arrays, which keeps pcpu_alloc_mutex busy.
    struct {
        std::uint32_t churners = 1;
        std::uint32_t flushers = 0;  ///< more of them, under PR_SET_IO_FLUSHER: all that they allocate is GFP_NOIO
        std::uint32_t maps = 8;      ///< ring of live maps per process
        std::uint32_t value_size = 32768;
        std::uint32_t entries = 1;
    } percpu;

    /// How the load grows with the machine, where that is larger than the guest that the numbers above are for. Nothing
    /// is made smaller, and what the profile has none of does not come to be; 0: stays as it is. Machines are this
    /// host, and guests under KVM.
    struct {
        std::uint32_t writers_per_cpu = 1;     ///< steady writers, up to 1,000 in all
        std::uint32_t cpus_per_churner = 8;    ///< one process that makes groups for so many CPUs
        std::uint32_t members_per_gib = 16;    ///< live groups with a member, up to 4,000 in all
        std::uint32_t cpus_per_percpu = 16;    ///< one process that makes per-CPU arrays for so many CPUs
        std::uint32_t maps_per_gib = 1;        ///< live per-CPU arrays
        std::uint32_t pressure_percent = 140;  ///< of the memory that is available: pressure and groups together
        std::uint32_t cpus_per_guest = 4;      ///< one virtual machine for so many CPUs, if KVM is there, up to 12
    } scale;

    /// Swap disks of a guest, used in turn: each cgroup meets each of them for the first time. There is one on
    /// null_blk, which keeps the data in the guest's memory, and on nbd, which a process of ours serves from a virtio
    /// disk.
    struct {
        std::uint32_t disks = 1;
        std::uint32_t spare = 0;           ///< disks kept for triggers that want fresh ones
        std::uint64_t size = 512U << 20U;  ///< of each
        SwapKind device = SwapKind::virtio;
        std::uint32_t swappiness = 100;
    } swap;

    struct {
        std::uint64_t memory = 256u << 20;
        std::uint32_t cpus = 2;
        std::uint32_t possible_cpus = 64;
        std::uint64_t data_disk = 1u << 30;
        std::vector<std::string> modules;  ///< beside those that every guest gets; the kernel may lack some
    } guest;

    struct {
        TierChoice tier = TierChoice::automatic;
        bool enabled = true;  ///< false only to measure what watching costs
    } probe;

    std::vector<Trigger> triggers;
    std::map<std::string, std::uint64_t> coverage;  ///< minimum by coverage id
    std::vector<CoverageWhere> coverage_where;
};

}  // namespace blkhang
