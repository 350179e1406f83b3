// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scale.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/sizes.h"
#include "load/boot_sector.h"

namespace blkhang {
namespace {

/// Of the swap disks' room: the rest is for what else comes to be swapped out.
constexpr std::uint64_t kTenthsOfSwap = 8;
/// Of the memory that is available, what live per-CPU arrays may take: their memory is not swapped out.
constexpr std::uint64_t kPartOfPercpu = 20;
/// A process of stress-ng that has to touch more than that comes round too slowly to press.
constexpr std::uint64_t kMostOfOne = std::uint64_t{4} << 30U;
/// An emulated CPU is 10 to 50 times slower.
constexpr std::uint32_t kEmulatedCpus = 8;
/// QEMU 7.2 beside a guest of 4 MiB: 52 to 60 MiB, half of which all of them share.
constexpr std::uint64_t kOfQemu = std::uint64_t{64} << 20U;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

/// Of one virtual machine, without QEMU's own. One that boots what there is may boot a kernel.
std::uint64_t memory_of_one(const Profile& profile) {
    return profile.kvm.boot == KvmBoot::sector ? kSectorMemory : profile.kvm.memory;
}

/// To the next MiB, as people want it.
std::string about(std::uint64_t bytes) { return format_size((bytes + (1U << 20U) - 1) >> 20U << 20U); }

/// A profile that grows.
class Growing {
public:
    Growing(const Profile& profile, const MachineSize& machine)
        : scaled_{profile, {}}, machine_(machine), gib_(machine.memory_available / kGiB) {}

    Result<ScaledProfile> grown() {
        writers();
        groups();
        percpu();
        guests();
        fit_the_disk();
        if (auto pressed = pressure(); !pressed) {
            return fail(pressed.error());
        }
        return std::move(scaled_);
    }

private:
    /// At least so much, unless the profile has none.
    template <class Number>
    void raise(const char* key, Number& number, std::uint64_t to, const std::string& why) {
        if (number != 0 && to > number) {
            number = static_cast<Number>(to);
            scaled_.chosen.push_back(fmt::format("{} = {}: {}", key, to, why));
        }
    }
    [[nodiscard]] std::string cpus() const { return fmt::format("{} CPUs", machine_.cpus); }
    [[nodiscard]] std::string memory() const { return fmt::format("{} available", about(machine_.memory_available)); }
    [[nodiscard]] std::uint64_t one_for(std::uint32_t cpus) const { return cpus == 0 ? 0 : machine_.cpus / cpus; }

    void writers() {
        auto& profile = scaled_.profile;
        const auto wanted = std::uint64_t{profile.scale.writers_per_cpu} * machine_.cpus;
        raise("writers.count", profile.writers.count, std::min<std::uint64_t>(wanted, kMostWriters),
              fmt::format("{} for each of {}", profile.scale.writers_per_cpu, cpus()));
    }

    void groups() {
        auto& churn = scaled_.profile.churn;
        const auto before = std::uint64_t{churn.workers} * churn.ring;
        raise("churn.workers", churn.workers, one_for(scaled_.profile.scale.cpus_per_churner),
              fmt::format("one for {} of {}", scaled_.profile.scale.cpus_per_churner, cpus()));
        if (churn.workers == 0) {
            return;
        }
        // More of them do not make the ring of each longer, and together they keep at least as many as before.
        const auto most = std::max<std::uint64_t>(before, kMostMembers);
        const auto wanted = std::min(std::max(before, gib_ * scaled_.profile.scale.members_per_gib), most);
        churn.ring = std::min(churn.ring, static_cast<std::uint32_t>(most / churn.workers));
        raise("churn.ring", churn.ring, wanted / churn.workers,
              fmt::format("{} live groups for each GiB of {}", scaled_.profile.scale.members_per_gib, memory()));
    }

    void percpu() {
        auto& percpu = scaled_.profile.percpu;
        raise("percpu.churners", percpu.churners, one_for(scaled_.profile.scale.cpus_per_percpu),
              fmt::format("one for {} of {}", scaled_.profile.scale.cpus_per_percpu, cpus()));
        if (percpu.churners == 0 || percpu.maps == 0) {
            return;
        }
        const auto of_one = std::uint64_t{percpu.value_size} * percpu.entries * machine_.cpus;
        const auto wanted = std::min(gib_ * scaled_.profile.scale.maps_per_gib,
                                     machine_.memory_available / kPartOfPercpu / std::max<std::uint64_t>(of_one, 1));
        raise("percpu.maps", percpu.maps, std::min<std::uint64_t>(wanted / percpu.churners, 1024),
              fmt::format("{} live arrays for each GiB of {}", scaled_.profile.scale.maps_per_gib, memory()));
    }

    void guests() {
        if (machine_.kvm) {
            raise("kvm.guests", scaled_.profile.kvm.guests,
                  std::min<std::uint64_t>(
                      {one_for(scaled_.profile.scale.cpus_per_guest), kMostGrownGuests, guests_that_fit()}),
                  fmt::format("one for {} of {}", scaled_.profile.scale.cpus_per_guest, cpus()));
        }
    }

    /// Into memory, and onto the data disk beside writers on as little of it as can be.
    [[nodiscard]] std::uint64_t guests_that_fit() const {
        const auto& profile = scaled_.profile;
        const auto room = std::max(profile.guest.data_disk, machine_.data);
        const auto of_writers = std::min(room, profile.writers.count * profile.writers.block);
        return std::min((room - of_writers) / profile.kvm.disk,
                        machine_.memory_available / (memory_of_one(profile) + kOfQemu));
    }

    /// As large as all of them need, if there is so much; else writers share it out in smaller parts.
    void fit_the_disk() {
        auto& profile = scaled_.profile;
        const auto of_guests = profile.kvm.guests * profile.kvm.disk;
        const auto needed = profile.writers.count * profile.writers.span + of_guests;
        auto& room = profile.guest.data_disk;
        room = std::max(room, std::min(needed, machine_.data));
        if (profile.writers.count == 0 || needed <= room) {
            return;
        }
        const auto block = profile.writers.block;
        profile.writers.span =
            std::max((room - std::min(room, of_guests)) / profile.writers.count / block * block, block);
        scaled_.chosen.push_back(fmt::format("writers.span = {}: {} writers on {} of disk", profile.writers.span,
                                             profile.writers.count, format_size(room)));
    }

    Status pressure() {
        auto& profile = scaled_.profile;
        const std::uint64_t percent = profile.scale.pressure_percent;
        if (profile.pressure.vm == 0 || machine_.memory_available == 0 || percent == 0) {
            return {};
        }
        const auto wanted = machine_.memory_available / 100 * percent;
        const auto beyond = wanted - std::min(wanted, machine_.memory_available);
        if (beyond > machine_.swap / 10 * kTenthsOfSwap) {
            return fail(
                Error(Fault::unsupported, fmt::format("{} to swap to are too little to make {} of memory short",
                                                      about(machine_.swap), about(machine_.memory_available)))
                    .hint(fmt::format("give it disks of {} or more together", about(beyond / kTenthsOfSwap * 10))));
        }
        const auto others = std::uint64_t{profile.churn.workers} * profile.churn.ring * profile.churn.member_memory +
                            profile.kvm.guests * memory_of_one(profile);
        const auto pressed = std::max(wanted - std::min(wanted, others), profile.pressure.vm_bytes);
        profile.pressure.vm =
            std::max(profile.pressure.vm, static_cast<std::uint32_t>((pressed + kMostOfOne - 1) / kMostOfOne));
        profile.pressure.vm_bytes = pressed / profile.pressure.vm;
        scaled_.chosen.push_back(fmt::format("pressure: {} x {}, so that with the groups {}% of {} are wanted",
                                             profile.pressure.vm, about(profile.pressure.vm_bytes), percent, memory()));
        return {};
    }

    ScaledProfile scaled_;
    const MachineSize& machine_;
    std::uint64_t gib_;
};

}  // namespace

Result<ScaledProfile> scaled(const Profile& profile, const MachineSize& machine) {
    return Growing(profile, machine).grown();
}

std::uint64_t memory_of_guests(const Profile& profile) {
    return profile.kvm.guests * (memory_of_one(profile) + kOfQemu);
}

MachineSize size_under_kvm(const Profile& profile) {
    MachineSize size;
    size.cpus = profile.guest.cpus * kEmulatedCpus;
    return size;
}

}  // namespace blkhang
