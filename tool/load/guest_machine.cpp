// SPDX-License-Identifier: GPL-2.0-only
#include "load/guest_machine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/device_size.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/sizes.h"
#include "load/boot_sector.h"

namespace blkhang {
namespace {

std::string by_descriptor(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

/// Nothing but what the program in it says goes to the console; what would have it wait for clocks is left out.
constexpr const char* kCommandLine =
    "console=ttyS0 quiet rootfstype=ramfs panic=-1 mitigations=off tsc=reliable no_timer_check nokaslr "
    "random.trust_cpu=on";

/// Copies a file to a place of a disk.
Status copy_to(const Fd& disk, std::uint64_t offset, const Fd& from, std::uint64_t bytes) {
    std::vector<char> buffer(std::size_t{1} << 20U);
    for (std::uint64_t done = 0; done < bytes;) {
        const auto got = ::pread(from.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), bytes - done),
                                 static_cast<off_t>(done));
        if (got <= 0) {
            return fail_errno("reading the image of a virtual machine");
        }
        if (::pwrite(disk.get(), buffer.data(), static_cast<std::size_t>(got), static_cast<off_t>(offset + done)) !=
            got) {
            return fail_errno("copying the image of a virtual machine to the data disk");
        }
        done += static_cast<std::uint64_t>(got);
    }
    return {};
}

Status copy_image(const Fd& disk, std::uint64_t offset, const std::filesystem::path& image, std::uint64_t room) {
    const Fd from(::open(image.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat found {};
    if (!from.valid() || ::fstat(from.get(), &found) != 0) {
        return fail_errno(fmt::format("opening {}", image.string()));
    }
    const auto bytes = static_cast<std::uint64_t>(found.st_size);
    if (bytes > room) {
        return fail(Error(Fault::unsupported, fmt::format("{} has {}, each virtual machine a disk of {}",
                                                          image.string(), format_size(bytes), format_size(room)))
                        .hint("--set kvm.disk=SIZE makes those larger"));
    }
    return copy_to(disk, offset, from, bytes);
}

}  // namespace

std::vector<std::string> arguments_of(const GuestMachine& machine) {
    std::vector<std::string> arguments{"-nodefaults", "-no-user-config", "-no-reboot"};
    const auto add = [&](std::string option, std::string value) {
        arguments.push_back(std::move(option));
        arguments.push_back(std::move(value));
    };
    add("-name", fmt::format("guest={0}{1},process={0}", kGuestProcess, machine.number));
    add("-display", "none");
    add("-machine", "pc");
    add("-accel", machine.kvm ? "kvm" : "tcg");
    add("-cpu", "max");
    add("-m", fmt::format("{}k", machine.memory >> 10U));
    if (machine.kernel >= 0) {
        add("-kernel", by_descriptor(machine.kernel));
        add("-initrd", by_descriptor(machine.initramfs));
        add("-append", kCommandLine);
    }
    add("-chardev", fmt::format("socket,id=console,fd={}", machine.console));
    add("-serial", "chardev:console");
    // Others write to other parts of the same disk, so it is not locked. Never through the page cache of the host: what
    // is to be throttled is the machine's own IO.
    add("-blockdev", fmt::format("driver=raw,node-name=disk,offset={},size={},cache.direct=on,file.driver=host_device,"
                                 "file.filename={},file.locking=off,file.cache.direct=on",
                                 machine.offset, machine.size, by_descriptor(machine.disk)));
    add("-device", "virtio-blk-pci,drive=disk");
    return arguments;
}

GuestGroups groups_of(KvmLayout layout, CgroupVersion version, std::uint32_t number) {
    if (layout == KvmLayout::flat) {
        const auto name = fmt::format("guest{}", number);
        return {{name}, name, name};
    }
    const std::string slice = "machine.slice";
    const auto scope = fmt::format(R"({}/machine-qemu\x2d{}\x2dblkhang.scope)", slice, number + 1);
    if (version == CgroupVersion::v1) {  // where a limit does not hold for groups below
        return {{slice, scope}, scope, scope};
    }
    const auto nested = scope + "/libvirt";
    const auto emulator = nested + "/emulator";
    return {{slice, scope, nested, emulator}, nested, emulator};
}

std::uint64_t guest_offset(const Profile& profile, const Disk& disk, std::uint32_t number) {
    return disk.margin + profile.writers.count * profile.writers.span + number * profile.kvm.disk;
}

Status prepare_guest_disk(const Profile& profile, const LoadSite& site, std::uint32_t number) {
    const auto& disk = site.data_disk;
    const auto offset = guest_offset(profile, disk, number);
    const Fd opened(::open(disk.path.c_str(), O_RDWR | O_CLOEXEC));
    if (!opened.valid()) {
        return fail_errno(fmt::format("opening the data disk {}", disk.path.string()));
    }
    const auto bytes = device_size(opened.get());
    if (!bytes) {
        return fail(bytes.error());
    }
    if (offset + profile.kvm.disk + disk.margin > *bytes) {
        return fail(Fault::unsupported,
                    fmt::format("the data disk {} ({}) has no room for virtual machine {} (kvm.disk {})", disk.name,
                                format_size(*bytes), number + 1, format_size(profile.kvm.disk)));
    }
    if (!site.guests.image.empty()) {
        if (auto copied = copy_image(opened, offset, site.guests.image, profile.kvm.disk); !copied) {
            return copied;
        }
    } else if (site.guests.kernel.empty()) {
        const auto sector = boot_sector({profile.kvm.block, profile.kvm.disk, profile.throttle.data.write_bytes_per_s});
        if (::pwrite(opened.get(), sector.data(), sector.size(), static_cast<off_t>(offset)) !=
            static_cast<ssize_t>(sector.size())) {
            return fail_errno("writing a boot sector to the data disk");
        }
    }
    return ::fsync(opened.get()) == 0 ? Status{} : fail_errno("writing to the data disk");
}

}  // namespace blkhang
