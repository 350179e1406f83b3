// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "machine/testing/fake_devices.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAreArray;

constexpr std::uint64_t kMiB = FakeDevices::kMiB;

std::string little_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
        text += static_cast<char>(value >> (8U * static_cast<unsigned>(i)) & 0xffU);
    }
    return text;
}

// What lies on disks, as far as libblkid looks at it.

void put_ext4(FakeDevices& machine, const std::string& device, const std::string& label = "", int incompatible = 0x40) {
    constexpr std::uint64_t kSuper = 1024;
    machine.write(device, kSuper, little_endian(64, 4) + little_endian(1024, 4));  // inodes, blocks
    machine.write(device, kSuper + 0x38, "\x53\xef");
    machine.write(device, kSuper + 0x4c, little_endian(1, 4));
    machine.write(device, kSuper + 0x5c, little_endian(4, 4) + little_endian(static_cast<unsigned>(incompatible), 4));
    machine.write(device, kSuper + 0x68, "0123456789abcdef");
    machine.write(device, kSuper + 0x78, label);
}
void put_journal(FakeDevices& machine, const std::string& device) { put_ext4(machine, device, "", 0x08); }
void put_swap(FakeDevices& machine, const std::string& device, std::string_view magic = "SWAPSPACE2") {
    machine.write(device, 1024, little_endian(1, 4) + little_endian(1000, 4));
    machine.write(device, 4096 - 10, magic);
}
void put_lvm(FakeDevices& machine, const std::string& device) {
    machine.write(device, 512,
                  "LABELONE" + little_endian(1, 8) + little_endian(0, 4) + little_endian(32, 4) + "LVM2 001" +
                      std::string(32, 'u'));
}
void put_md(FakeDevices& machine, const std::string& device) {
    machine.write(device, 4096, little_endian(0xa92b4efc, 4) + little_endian(1, 4));
    machine.write(device, 4096 + 144, little_endian(8, 8));
}
void put_md_090(FakeDevices& machine, const std::string& device) {
    machine.write(device, 16 * kMiB - 65536, little_endian(0xa92b4efc, 4) + little_endian(0, 4) + little_endian(90, 4));
}
void put_luks(FakeDevices& machine, const std::string& device) {
    machine.write(device, 0, std::string("LUKS\xba\xbe\0\1", 8));
}
void put_btrfs(FakeDevices& machine, const std::string& device) { machine.write(device, 65536 + 64, "_BHRfS_M"); }
void put_zfs(FakeDevices& machine, const std::string& device) {
    for (std::uint64_t i = 0; i < 8; ++i) {
        machine.write(device, (128U << 10U) + i * 1024, little_endian(0x00bab10c, 8));
    }
}
void put_table(FakeDevices& machine, const std::string& device) {
    machine.write(device, 446, std::string("\0\0\0\0\x83\0\0\0", 8) + little_endian(2048, 4) + little_endian(8192, 4));
    machine.write(device, 510, "\x55\xaa");
}
void put_header(FakeDevices& machine, const std::string& device) {
    machine.write(device, 0, encode({DevicePurpose::journal, 16 * kMiB, {}}));
}

/// A situation that a device can be in, and all that speaks against it then.
struct Situation {
    const char* what;
    std::function<void(FakeDevices&)> make;
    std::vector<std::string> reasons;
    const char* device = "vdb";
};

// clang-format off
const std::vector<Situation>& situations() {
    static const std::vector<Situation> all = {
    // Fine.
    {"blank", [](FakeDevices&) {}, {}},
    {"a node and a link of other names do not matter", [](FakeDevices& m) { m.alias("vdb", "root/alias"); m.link("root/link", m.at("dev/vdb")); }, {}},
    {"prepared", [](FakeDevices& m) { put_header(m, "vdb"); m.write("vdb", 2 * kMiB, "a record"); }, {}},
    {"others are in use, by each of the ways that name a device", [](FakeDevices& m) { m.mounted("254:32 / /m rw - ext4 /dev/vdc rw"); m.put("etc/crypttab", "c /dev/vdc none\n"); m.opened("1", "vdc", "02"); }, {}},

    // Mounts.
    {"filesystem, not mounted", [](FakeDevices& m) { put_ext4(m, "vdb"); }, {"filesystem"}},
    {"mounted", [](FakeDevices& m) { put_ext4(m, "vdb"); m.mounted("254:16 / /m rw - ext4 /dev/vdb rw"); m.hold("vdb"); }, {"mounted", "filesystem", "busy"}},
    {"mounted in another mount namespace only", [](FakeDevices& m) { m.process("50", "pause", "mnt:[2]"); m.mounted("254:16 / /data rw - ext4 /dev/vdb rw", "50"); }, {"mounted-elsewhere"}},
    {"mounted through a bind mount elsewhere", [](FakeDevices& m) { m.mounted("254:16 /sub /b rw - ext4 /dev/vdb rw"); }, {"mounted"}},
    {"lazily unmounted, still busy", [](FakeDevices& m) { put_ext4(m, "vdb"); m.hold("vdb"); }, {"filesystem", "busy"}},
    {"a partition of it is mounted", [](FakeDevices& m) { put_table(m, "vdb"); m.partition("vdb", "vdb1", {254, 17}); m.mounted("254:17 / /m rw - ext4 /dev/vdb1 rw"); m.hold("vdb"); }, {"partitions", "partition-table", "mounted", "busy"}},
    {"partitions that nobody uses", [](FakeDevices& m) { put_table(m, "vdb"); m.partition("vdb", "vdb1", {254, 17}); }, {"partitions", "partition-table"}},
    {"a partition", [](FakeDevices& m) { m.partition("vdb", "vdb1", {254, 17}); }, {"partition"}, "vdb1"},
    {"partition table without partitions", [](FakeDevices& m) { put_table(m, "vdb"); }, {"partition-table"}},
    {"a disk of a mounted btrfs, the second", [](FakeDevices& m) { put_btrfs(m, "vdb"); m.hold("vdb"); m.mounted("0:40 / /m rw - btrfs /dev/vdc rw"); m.put("sys/fs/btrfs/u/devices/vdb/x", ""); m.put("sys/fs/btrfs/u/devices/vdc/x", ""); }, {"mounted", "filesystem-disk", "filesystem", "busy"}},
    {"a disk of a mounted bcachefs", [](FakeDevices& m) { m.put("sys/fs/bcachefs/u/dev-1/block/dev", "254:16\n"); }, {"filesystem-disk"}},
    {"the journal of a mounted ext4", [](FakeDevices& m) { put_journal(m, "vdb"); m.hold("vdb"); m.put("proc/fs/jbd2/vdb/info", ""); }, {"journal-in-use", "external-journal", "busy"}},
    {"the journal of an ext4 that is not mounted", [](FakeDevices& m) { put_journal(m, "vdb"); }, {"external-journal"}},
    {"the log of a mounted XFS", [](FakeDevices& m) { m.mounted("254:32 / /m rw - xfs /dev/vdc rw,logdev=/dev/vdb,noquota"); }, {"journal-in-use"}},

    // Swap.
    {"active swap", [](FakeDevices& m) { put_swap(m, "vdb"); m.hold("vdb"); m.put("proc/swaps", "Filename\n/dev/vdb partition 1 0 -2\n"); }, {"swap", "swap-signature", "busy"}},
    {"a partition of it is active swap", [](FakeDevices& m) { m.partition("vdb", "vdb1", {254, 17}); m.put("proc/swaps", "Filename\n/dev/vdb1 partition 1 0 -2\n"); }, {"partitions", "swap"}},
    {"a swap file lies on it", [](FakeDevices& m) { m.put("var/swap file", ""); m.lies_on("var/swap file", {254, 16}); m.put("proc/swaps", "Filename\n/var/swap\\040file file 1 0 -2\n"); }, {"swap"}},
    {"a swap file on a btrfs lies on it", [](FakeDevices& m) { m.mounted("0:40 / /m rw - btrfs /dev/vdb rw"); m.put("var/swap", ""); m.lies_on("var/swap", {0, 40}); m.put("proc/swaps", "Filename\n/var/swap file 1 0 -2\n"); }, {"mounted", "swap"}},
    {"swap area, not in use", [](FakeDevices& m) { put_swap(m, "vdb"); }, {"swap-signature"}},
    {"an image of a suspended machine", [](FakeDevices& m) { put_swap(m, "vdb", "S1SUSPEND"); }, {"swap-signature"}},
    {"hibernation resumes from it", [](FakeDevices& m) { m.put("sys/power/resume", "254:16\n"); }, {"resume"}},
    {"the command line resumes from it", [](FakeDevices& m) { m.put("proc/cmdline", "root=/dev/vda1 resume=/dev/vdb quiet\n"); }, {"resume"}},

    // Members of something larger.
    {"LVM, no volume active", [](FakeDevices& m) { put_lvm(m, "vdb"); }, {"lvm"}},
    {"LVM, a volume active", [](FakeDevices& m) { put_lvm(m, "vdb"); m.mapping("dm-0", {253, 0}, "vdb", "vg-lv", "LVM-x"); m.hold("vdb"); }, {"lvm", "holder", "busy"}},
    {"LVM, a volume mounted", [](FakeDevices& m) { m.mapping("dm-0", {253, 0}, "vdb", "vg-lv", "LVM-x"); m.mounted("253:0 / /m rw - ext4 /dev/mapper/vg-lv rw"); }, {"holder", "mounted"}},
    {"a volume of LVM itself", [](FakeDevices& m) { m.mapping("dm-0", {253, 0}, "vdb", "vg-lv", "LVM-x"); }, {"device-mapper"}, "dm-0"},
    {"md, active", [](FakeDevices& m) { put_md(m, "vdb"); m.disk("md7", {9, 7}); m.stack("vdb", "md7"); m.hold("vdb"); }, {"raid", "holder", "busy"}},
    {"an md array itself", [](FakeDevices& m) { m.disk("md7", {9, 7}); m.attribute("md7", "md/array_state", "clean"); m.stack("vdb", "md7"); }, {"md-array"}, "md7"},
    {"md 1.2, stopped", [](FakeDevices& m) { put_md(m, "vdb"); }, {"raid"}},
    {"md 0.90, whose superblock is at the end", [](FakeDevices& m) { put_md_090(m, "vdb"); }, {"raid"}},
    {"LUKS, closed", [](FakeDevices& m) { put_luks(m, "vdb"); }, {"encrypted"}},
    {"LUKS, open", [](FakeDevices& m) { put_luks(m, "vdb"); m.mapping("dm-0", {253, 0}, "vdb", "c0", "CRYPT-LUKS1-x"); m.hold("vdb"); }, {"encrypted", "holder", "busy"}},
    {"ZFS", [](FakeDevices& m) { m.disk("vdd", {254, 48}, 64 * kMiB); put_zfs(m, "vdd"); }, {"zfs"}, "vdd"},
    {"Ceph", [](FakeDevices& m) { m.write("vdb", 0, "bluestore block device"); }, {"ceph"}},
    {"a Ceph OSD links to it", [](FakeDevices& m) { m.link("var/lib/ceph/osd/ceph-0/block", m.at("dev/vdb")); }, {"ceph"}},
    {"bcache, registered", [](FakeDevices& m) { m.attribute("vdb", "bcache/state", "no cache"); }, {"bcache"}},
    {"a bcache itself", [](FakeDevices& m) { m.disk("bcache0", {252, 0}); m.attribute("bcache0", "bcache/state", "clean"); }, {"stacked"}, "bcache0"},
    {"a loop device lies on it", [](FakeDevices& m) { m.disk("loop0", {7, 0}); m.attribute("loop0", "loop/backing_file", "/dev/vdb"); }, {"loop-backing"}},
    {"the loop device itself", [](FakeDevices& m) { m.disk("loop0", {7, 0}); m.attribute("loop0", "loop/backing_file", "/dev/vdb"); }, {"loop-device"}, "loop0"},
    {"a loop device on a file of the root", [](FakeDevices& m) { m.disk("loop0", {7, 0}); m.put("var/image", ""); m.lies_on("var/image", {254, 1}); m.attribute("loop0", "loop/backing_file", "/var/image"); }, {"loop-device", "root"}, "loop0"},
    {"a path of a multipath device", [](FakeDevices& m) { m.mapping("dm-0", {253, 0}, "vdb", "mpatha", "mpath-3600"); m.hold("vdb"); }, {"holder", "multipath", "busy"}},
    {"two paths to one disk, no multipath", [](FakeDevices& m) { m.attribute("vdb", "wwid", "naa.600508b4"); m.attribute("vdc", "wwid", "naa.600508b4"); }, {"second-name"}},
    {"two disks of one serial number and size", [](FakeDevices& m) { m.attribute("vdb", "serial", "S1"); m.attribute("vdc", "serial", "S1"); }, {"second-name"}},
    {"a disk that multipath knows", [](FakeDevices& m) { m.attribute("vdb", "wwid", "naa.600508b400105e21"); m.put("etc/multipath/wwids", "# Valid WWIDs:\n/3600508b400105e21/\n"); }, {"multipath"}},
    {"a hidden path of NVMe", [](FakeDevices& m) { m.attribute("vdb", "hidden", "1"); }, {"multipath"}},

    // Open.
    {"open for writing", [](FakeDevices& m) { m.process("50", "dd"); m.opened("50", "vdb", "0100001"); }, {"open"}},
    {"open for reading", [](FakeDevices& m) { m.process("50", "dd"); m.opened("50", "vdb", "0100000"); }, {"open"}},
    {"open by another name", [](FakeDevices& m) { m.alias("vdb", "root/alias"); m.process("50", "dd"); m.opened("50", "../root/alias", "02"); }, {"open"}},
    {"a partition of it is open", [](FakeDevices& m) { m.partition("vdb", "vdb1", {254, 17}); m.process("50", "dd"); m.opened("50", "vdb1", "02"); }, {"partitions", "open"}},
    {"open exclusively", [](FakeDevices& m) { m.process("50", "mkfs"); m.opened("50", "vdb", "0200"); m.hold("vdb"); }, {"open", "busy"}},
    {"a running QEMU has it, cache=none", [](FakeDevices& m) { m.process("50", "qemu-system-x86"); m.opened("50", "vdb", "02140002"); }, {"open"}},
    {"udev has just looked at it", [](FakeDevices& m) { m.process("50", "(udev-worker)"); m.opened("50", "vdb", "02500000"); }, {"settling"}},
    {"an io_uring keeps it", [](FakeDevices& m) { m.process("50", "fio"); m.put("proc/50/fd/anon_inode:[io_uring]", ""); m.make_anonymous("proc/50/fd/anon_inode:[io_uring]"); m.link("proc/50/fd/7", "anon_inode:[io_uring]"); m.put("proc/50/fdinfo/7", "flags:\t02\nSqMask:\t0x7f\nUserFiles:\t2\n    0: vdb\n    1: log\nUserBufs:\t0\n"); }, {"open"}},
    {"mapped", [](FakeDevices& m) { m.process("50", "db"); m.put("proc/50/maps", "7f00-7f01 r-xp 0 fe:01 12 /bin/db\n7f02-7f03 rw-s 0 00:05 99                     /dev/vdb\n"); }, {"mapped"}},

    // Named by somebody.
    {"fstab, by label", [](FakeDevices& m) { put_ext4(m, "vdb", "precious"); m.put("etc/fstab", "LABEL=precious /srv ext4 noauto 0 0\n"); }, {"filesystem", "fstab"}},
    {"fstab, by a link of udev", [](FakeDevices& m) { m.link("dev/disk/by-partlabel/my\\x20data", "../../vdb"); m.put("etc/fstab", "PARTLABEL=\"my data\" /srv ext4 noauto 0 0\n"); }, {"fstab"}},
    {"fstab, a partition of it", [](FakeDevices& m) { m.partition("vdb", "vdb1", {254, 17}); m.put("etc/fstab", "/dev/vdb1\t/srv xfs noauto 0 0\n"); }, {"partitions", "fstab"}},
    {"fstab, as a log", [](FakeDevices& m) { m.put("etc/fstab", "/dev/vdc /srv xfs noauto,logdev=/dev/vdb 0 0\n"); }, {"fstab"}},
    {"a mount unit", [](FakeDevices& m) { m.put("etc/systemd/system/srv.mount", "[Mount]\nWhat=/dev/vdb\nWhere=/srv\n"); }, {"fstab"}},
    {"crypttab", [](FakeDevices& m) { m.put("etc/crypttab", "secret /dev/vdb none luks\n"); }, {"crypttab"}},
    {"a libvirt guest that is off", [](FakeDevices& m) { m.put("etc/libvirt/qemu/web.xml", "<disk type='block'><source dev='/dev/vdb'/></disk>"); }, {"guest"}},
    {"a Proxmox guest that is off", [](FakeDevices& m) { m.link("dev/disk/by-id/virtio-S1", "../../vdb"); m.put("etc/pve/qemu-server/100.conf", "cores: 2\nscsi0: /dev/disk/by-id/virtio-S1,size=16M\n"); }, {"guest"}},
    {"an instance of nova", [](FakeDevices& m) { m.put("var/lib/nova/instances/7/libvirt.xml", "<source dev=\"/dev/vdb\"/>"); }, {"guest"}},
    {"a Xen guest", [](FakeDevices& m) { m.put("etc/xen/web.cfg", "disk = ['phy:/dev/vdb,xvda,w']\n"); }, {"guest"}},
    {"a storage pool of libvirt", [](FakeDevices& m) { m.put("etc/libvirt/storage/p.xml", "<device path='/dev/vdb'/>"); }, {"storage"}},
    {"DRBD is told to use it", [](FakeDevices& m) { m.put("etc/drbd.d/r0.res", "disk /dev/vdb;\n"); }, {"storage"}},
    {"exported by iSCSI", [](FakeDevices& m) { m.put("sys/kernel/config/target/core/iblock_0/d/udev_path", "/dev/vdb\n"); m.hold("vdb"); }, {"exported", "busy"}},
    {"exported by NVMe", [](FakeDevices& m) { m.put("sys/kernel/config/nvmet/subsystems/s/namespaces/1/device_path", "/dev/vdb\n"); }, {"exported"}},
    {"exported after the next boot", [](FakeDevices& m) { m.put("etc/target/saveconfig.json", R"({"dev": "/dev/vdb", "plugin": "block"})"); }, {"exported"}},

    // Kinds.
    {"served to us over the network", [](FakeDevices& m) { m.disk("nbd0", {43, 0}); m.attribute("nbd0", "pid", "77"); }, {"nbd"}, "nbd0"},
    {"read-only", [](FakeDevices& m) { m.attribute("vdb", "ro", "1"); }, {"read-only"}},
    {"removable", [](FakeDevices& m) { m.attribute("vdb", "removable", "1"); }, {"removable"}},
    {"zoned", [](FakeDevices& m) { m.attribute("vdb", "queue/zoned", "host-managed"); }, {"zoned"}},
    {"zram", [](FakeDevices& m) { m.disk("zram0", {251, 0}, 16 * kMiB, "virtual"); }, {"memory-disk"}, "zram0"},
    {"a RAM disk", [](FakeDevices& m) { m.disk("ram0", {1, 0}, 16 * kMiB, "virtual"); }, {"memory-disk"}, "ram0"},
    {"USB", [](FakeDevices& m) { m.disk("sda", {8, 0}, 16 * kMiB, "pci0000:00/usb1/1-1"); }, {"usb"}, "sda"},
    {"iSCSI", [](FakeDevices& m) { m.disk("sda", {8, 0}, 16 * kMiB, "platform/host3/session1/target3:0:0"); }, {"remote"}, "sda"},
    {"Fibre Channel", [](FakeDevices& m) { m.disk("sda", {8, 0}, 16 * kMiB, "pci0000:00/host3/rport-3:0-1/target3:0:0"); }, {"remote"}, "sda"},
    {"NVMe over TCP", [](FakeDevices& m) { m.attribute("vdb", "device/transport", "tcp"); }, {"remote"}},
    {"NVMe over RDMA, with several controllers", [](FakeDevices& m) { m.disk("nvme0n1", {259, 0}); m.attribute("nvme0n1", "device/nvme0/transport", "pcie"); m.attribute("nvme0n1", "device/nvme1/transport", "rdma"); }, {"remote"}, "nvme0n1"},
    {"NVMe in this machine", [](FakeDevices& m) { m.disk("nvme0n1", {259, 0}); m.attribute("nvme0n1", "device/transport", "pcie"); }, {}, "nvme0n1"},
    {"a memory card", [](FakeDevices& m) { m.disk("mmcblk0", {179, 0}); m.attribute("mmcblk0", "device/type", "SD"); }, {"removable"}, "mmcblk0"},
    {"too small", [](FakeDevices& m) { m.disk("vdd", {254, 48}, kMiB); }, {"too-small"}, "vdd"},
    {"nothing in it", [](FakeDevices& m) { m.disk("vdd", {254, 48}, 0); }, {"no-medium"}, "vdd"},
    {"the disk of the root", [](FakeDevices& m) { m.hold("vda"); }, {"root", "partitions", "mounted", "fstab", "busy"}, "vda"},
    {"the root of the first process is on it, ours is not", [](FakeDevices& m) { m.put("proc/1/mountinfo", "1 1 254:16 / / rw - ext4 /dev/vdb rw\n"); }, {"root"}},

    // Content that nobody knows.
    {"a byte at 0", [](FakeDevices& m) { m.write("vdb", 0, "x"); }, {"data"}},
    {"a page at 8 MiB", [](FakeDevices& m) { m.write("vdb", 8 * kMiB, std::string(4096, 'x')); }, {"data"}},
    {"the last byte", [](FakeDevices& m) { m.write("vdb", 16 * kMiB - 1, "x"); }, {"data"}},
    {"a header of ours that is damaged", [](FakeDevices& m) { put_header(m, "vdb"); m.write("vdb", 20, "\x7f"); }, {"void-header"}},
    {"a header of ours, and a filesystem made since", [](FakeDevices& m) { put_header(m, "vdb"); put_btrfs(m, "vdb"); }, {"filesystem"}},
    {"two signatures", [](FakeDevices& m) { put_btrfs(m, "vdb"); put_md_090(m, "vdb"); }, {"filesystem", "raid"}},

    // What cannot be read.
    {"it cannot be opened", [](FakeDevices& m) { m.deny("vdb", EPERM); }, {"cannot-be-told"}},
    {"its name is another device's", [](FakeDevices& m) { m.remove("dev/vdb"); m.link("dev/vdb", m.at("dev/vdc")); }, {"cannot-be-told"}},
    {"a process does not show what it has open", [](FakeDevices& m) { m.process("50", "secret"); m.remove("proc/50/fd"); m.put("proc/50/fd", ""); }, {"cannot-be-told"}},
    {"in a container", [](FakeDevices& m) { m.remove("proc/100/ns/pid"); m.link("proc/100/ns/pid", "pid:[4026532000]"); }, {"cannot-be-told"}},
    {"the first process is hidden", [](FakeDevices& m) { m.remove("proc/1"); }, {"cannot-be-told"}},
    {"a guest's definition cannot be read", [](FakeDevices& m) { m.link("etc/libvirt/qemu/web.xml", "web.xml"); }, {"cannot-be-told"}},
    };
    return all;
}
// clang-format on

DeviceUse look(FakeDevices& machine, const std::string& name, DeviceSurveyOptions options = {}) {
    options.settle_time = std::chrono::milliseconds(0);
    const auto uses = survey_devices(machine.roots, machine, options);
    if (!uses) {
        ADD_FAILURE() << uses.error().message();
        return {};
    }
    const auto use = std::ranges::find(*uses, name, &DeviceUse::name);
    if (use == uses->end()) {
        ADD_FAILURE() << "no " << name;
        return {};
    }
    return *use;
}

std::vector<std::string> words_of(const DeviceUse& use) {
    std::vector<std::string> words;
    for (const ReasonAgainst& each : use.reasons) {
        if (std::ranges::find(words, word(each.what)) == words.end()) {
            words.emplace_back(word(each.what));
        }
    }
    return words;
}

std::string facts_of(const DeviceUse& use) {
    std::string facts;
    for (const ReasonAgainst& each : use.reasons) {
        facts += each.fact + "\n";
    }
    return facts;
}

/// In parts, each of which ends soon on a machine that has other things to do, too.
class DeviceSituations : public testing::TestWithParam<std::size_t> {
protected:
    static constexpr std::size_t kParts = 6;
};
INSTANTIATE_TEST_SUITE_P(Parts, DeviceSituations, testing::Range(std::size_t{0}, std::size_t{6}));

TEST_P(DeviceSituations, AreToldWithAllTheirReasons) {
    EXPECT_GE(situations().size(), 48U);
    for (std::size_t i = GetParam(); i < situations().size(); i += kParts) {
        const Situation& situation = situations()[i];
        FakeDevices machine;
        situation.make(machine);
        const DeviceUse use = look(machine, situation.device);
        EXPECT_THAT(words_of(use), UnorderedElementsAreArray(situation.reasons)) << situation.what << "\n"
                                                                                 << facts_of(use);
        EXPECT_EQ(use.unused(), situation.reasons.empty()) << situation.what;
        for (const ReasonAgainst& each : use.reasons) {
            EXPECT_THAT(each.fact, Not(IsEmpty())) << situation.what;
            EXPECT_THAT(each.clear, AllOf(Not(IsEmpty()), Not(HasSubstr("{")))) << situation.what;
        }
    }
}

TEST(DeviceUse, AFactSaysWhatWasReadWhereAndWhatClearsIt) {
    FakeDevices machine;
    machine.process("50", "qemu-system-x86");
    machine.opened("50", "vdb", "02140002");
    const DeviceUse use = look(machine, "vdb");
    ASSERT_EQ(use.reasons.size(), 1U);
    EXPECT_EQ(use.reasons[0].fact,
              machine.at("proc/50/fd/7").string() + ": qemu-system-x86[50] has vdb open for writing");
    EXPECT_EQ(use.reasons[0].clear, "kill 50");
}

TEST(DeviceUse, AFileSystemsLabelGivesAShellNoOrders) {
    FakeDevices machine;
    machine.mounted("254:16 / /media/$(reboot) rw - ext4 /dev/vdb rw");
    const DeviceUse use = look(machine, "vdb");
    ASSERT_EQ(use.reasons.size(), 1U);
    EXPECT_EQ(use.reasons[0].clear, "umount '/media/$(reboot)'");
}

TEST(DeviceUse, TheDiskOfTheEvidenceIsNotTaken) {
    FakeDevices machine;
    machine.put("var/evidence", "");
    machine.lies_on("var/evidence", {254, 16});
    EXPECT_THAT(words_of(look(machine, "vdb", {.evidence = {machine.at("var/evidence")}})),
                testing::ElementsAre("evidence"));
    EXPECT_TRUE(look(machine, "vdc", {.evidence = {machine.at("var/evidence")}}).unused());
}

TEST(DeviceUse, WhatWeHoldOurselvesIsNotBusy) {
    FakeDevices machine;
    machine.hold("vdb");
    EXPECT_TRUE(look(machine, "vdb", {.claimed = DeviceNumber{254, 16}}).unused());
}

/// A device whose queue is frozen: who opens or reads it waits.
class FrozenDevice final : public FakeDevices {
public:
    [[nodiscard]] Result<Fd> open(const std::filesystem::path& path, int flags) const override {
        if (path == at("dev/vdb")) {
            ::sleep(60);
        }
        return FakeDevices::open(path, flags);
    }
};

TEST(DeviceUse, ADeviceThatNeverAnswersCannotBeToldAndNobodyWaitsForIt) {
    FrozenDevice machine;
    const DeviceSurveyOptions options{.patience = std::chrono::milliseconds(1000)};
    const DeviceUse use = look(machine, "vdb", options);
    EXPECT_THAT(words_of(use), testing::ElementsAre("cannot-be-told"));
    EXPECT_THAT(facts_of(use), HasSubstr("was not read within 1000 ms"));
    EXPECT_TRUE(look(machine, "vdc", options).unused());
}

/// Counts what it is asked.
class CountingDevices final : public FakeDevices {
public:
    using FakeDevices::look_at;
    [[nodiscard]] std::optional<PathTarget> look_at(int directory, const char* path) const override {
        looks += std::string_view(path) == "7" ? 1 : 0;
        return FakeDevices::look_at(directory, path);
    }
    mutable int looks = 0;
};

TEST(DeviceUse, ProcessesAreGoneThroughOnceHoweverManyDisksThereAre) {
    CountingDevices machine;
    constexpr int kProcesses = 50, kDisks = 30;
    for (int i = 0; i < kProcesses; ++i) {
        const std::string pid = std::to_string(1000 + i);
        machine.process(pid, "sleep");
        machine.opened(pid, "vdc", "02");
    }
    for (unsigned i = 0; i < kDisks; ++i) {
        machine.disk("sd" + std::to_string(i), {8, i}, 4 * kMiB);
    }
    EXPECT_TRUE(look(machine, "sd7").unused());
    EXPECT_EQ(machine.looks, kProcesses);
}

TEST(DeviceUse, OfMountsWithoutEndSomeAreToldAndTheOthersCounted) {
    FakeDevices machine;
    for (int i = 0; i < 100; ++i) {
        machine.mounted("254:16 / /m" + std::to_string(i) + " rw - ext4 /dev/vdb rw");
    }
    const DeviceUse use = look(machine, "vdb");
    EXPECT_EQ(use.reasons.size(), 8U);
    EXPECT_THAT(use.reasons.back().fact, HasSubstr("and 92 more"));
}

TEST(DeviceUse, TellsWhatADiskIsCalledAndWhatItWasPreparedFor) {
    FakeDevices machine;
    machine.attribute("vdb", "serial", "  S1 ");
    machine.attribute("vdb", "wwid", "naa.5000");
    machine.attribute("vdb", "diskseq", "7");
    put_header(machine, "vdb");
    const DeviceUse use = look(machine, "vdb");
    EXPECT_EQ(use.serial, "S1");
    EXPECT_EQ(use.wwn, "naa.5000");
    EXPECT_EQ(use.diskseq, 7U);
    EXPECT_EQ(use.size, 16 * kMiB);
    ASSERT_TRUE(use.header);
    EXPECT_EQ(use.header->purpose, DevicePurpose::journal);
}

}  // namespace
}  // namespace blkhang
