// SPDX-License-Identifier: GPL-2.0-only
#include "publish/scrub/find.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> found(std::string_view text) {
    static constexpr const char* kNames[] = {"host", "user", "serial", "ipv4", "ipv6", "mac", "uuid"};
    std::vector<std::string> result;
    for (const IdentitySpan& span : find_identities(text)) {
        result.push_back(std::string(kNames[static_cast<int>(span.kind)]) + " " +
                         std::string(text.substr(span.begin, span.end - span.begin)));
    }
    return result;
}

TEST(FindIdentities, Addresses) {
    EXPECT_THAT(found("from 203.0.114.7 port 22"), ElementsAre("ipv4 203.0.114.7"));
    EXPECT_THAT(found("10.1.2.3:22, 8.8.8.8."), ElementsAre("ipv4 10.1.2.3", "ipv4 8.8.8.8"));
    EXPECT_THAT(found("net 192.168.1.0/24"), ElementsAre("ipv4 192.168.1.0"));
    EXPECT_THAT(found("8.8.4.1-8.8.4.9"), ElementsAre("ipv4 8.8.4.1", "ipv4 8.8.4.9"));
    EXPECT_THAT(found("br-192.168.7.1-x"), ElementsAre("ipv4 192.168.7.1"));
    EXPECT_THAT(found("inet6 fe80::5054:ff:fe12:3456/64 scope link"), ElementsAre("ipv6 fe80::5054:ff:fe12:3456"));
    EXPECT_THAT(found("[2a00:1450:4001:829::200e]:443"), ElementsAre("ipv6 2a00:1450:4001:829::200e"));
    EXPECT_THAT(found("::ffff:10.9.8.7"), ElementsAre("ipv6 ::ffff:10.9.8.7"));
    EXPECT_THAT(found("link/ether 52:54:00:ab:cd:ef brd ff:ff:ff:ff:ff:ff"), ElementsAre("mac 52:54:00:ab:cd:ef"));
    EXPECT_THAT(found("mac:52:54:00:ab:cd:ef"), ElementsAre("mac 52:54:00:ab:cd:ef"));
    EXPECT_THAT(found("eth0: 52:54:00:ab:cd:ef: disassociated"), ElementsAre("mac 52:54:00:ab:cd:ef"));
    EXPECT_THAT(found("client-id 01:52:54:00:ab:cd:ef"), ElementsAre("mac 52:54:00:ab:cd:ef"));
    EXPECT_THAT(found("BOOTIF=01-52-54-00-ab-cd-ef"), ElementsAre("mac 52-54-00-ab-cd-ef"));
    EXPECT_THAT(found("WWN 50:05:07:68:01:40:b1:3f: up"), ElementsAre("serial 50:05:07:68:01:40:b1:3f"));
    EXPECT_THAT(found("MAC 52-54-00-AB-CD-EF"), ElementsAre("mac 52-54-00-AB-CD-EF"));
    EXPECT_THAT(found("root=/dev/disk/by-uuid/5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6"),
                ElementsAre("uuid 5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6"));
    EXPECT_THAT(found("netconsole=6665@10.0.0.1/eth0,6666@10.0.0.2/00:11:22:33:44:55"),
                ElementsAre("ipv4 10.0.0.1", "ipv4 10.0.0.2", "mac 00:11:22:33:44:55"));
}

TEST(FindIdentities, AnAddressIsNoVersionWhateverStandsBesideIt) {
    EXPECT_THAT(found("kernel: 10.9.8.7: not responding"), ElementsAre("ipv4 10.9.8.7"));
    EXPECT_THAT(found("kvm kernel: 8.8.4.4: not responding"), ElementsAre("ipv4 8.8.4.4"));
    EXPECT_THAT(found("kernel: 5.9.8.7: not responding"), ElementsAre("ipv4 5.9.8.7"));
    EXPECT_THAT(found("version 192.168.1.7"), ElementsAre("ipv4 192.168.1.7"));
    EXPECT_THAT(found("by-path/ip-8.8.4.4:3260-iscsi"), ElementsAre("ipv4 8.8.4.4"));
    EXPECT_THAT(found("by-path/ip-8.8.4.4-x"), IsEmpty()) << "could be a version still";
}

TEST(FindIdentities, LookAlikesAreLeftAlone) {
    for (const char* innocent : {"6.1.192",
                                 "6.1.0-56-cloud-amd64",
                                 "Linux version 6.1.0.1 (x)",
                                 "Linux version 6.1.192.1",
                                 "kernel 6.1.192.1",
                                 "Kernel: 6.1.192.1",
                                 "kernel: 7.3.0.1-rc1",
                                 "linux-image-6.1.0.1-cloud",
                                 "v6.1.0.1",
                                 "QEMU 7.2.0.1",
                                 "1.2.3.4-rc1",
                                 "1.2.3.4.5",
                                 "BIOS 2.10.2.0 04/01/2014",
                                 "256.1.1.1",
                                 "7.3.4-1~bpo13+1",
                                 "12:34:56",
                                 "12:34:56.789",
                                 "00:11:22",
                                 "00:11:22: link up",
                                 "ip-6.1.0.1-cloud",
                                 "2026-11-22T20:00:00Z",
                                 "26-11-22-20-00-00",
                                 "Code: 48 89 e5 52 54 00 ab cd ef",
                                 "Stack: ffff888003c4fd28 52540000abcdef01",
                                 "0000:00:1f.2",
                                 "pci 0000:00:1f.2: [8086:7010]",
                                 "std::vector<int>",
                                 "a::b",
                                 "dead::beef",
                                 "::",
                                 "ab::cd(int)",
                                 "0xffffffff81000000",
                                 "pcpu_alloc+0x12/0x34",
                                 "[mem 0x0000000000000000-0x000000000009fbff]",
                                 "127.0.0.1",
                                 "0.0.0.0",
                                 "255.255.255.0",
                                 "192.0.2.7",
                                 "2001:db8::7",
                                 "02:00:00:00:00:07",
                                 "02:00:00:00:00:07: link up",
                                 "01:02:00:00:00:00:07",
                                 "ff:ff:ff:ff:ff:ff",
                                 "00:00:00:00:00:00",
                                 "00000000-0000-0000-0000-000000000001",
                                 "Call Trace: 1:2:3",
                                 "3f2c9d1a7be4",
                                 "major:minor 254:16",
                                 "CPU: 0 PID: 402 Comm: percpu-churn",
                                 "io.max",
                                 "mm.percpu.c"}) {
        EXPECT_THAT(found(innocent), IsEmpty()) << innocent;
    }
}

TEST(FindIdentities, NamesByWhatStandsBeforeThem) {
    EXPECT_THAT(found("hostname=kvm7"), ElementsAre("host kvm7"));
    EXPECT_THAT(found("systemd.hostname=kvm7 quiet"), ElementsAre("host kvm7"));
    EXPECT_THAT(found("systemd[1]: Hostname set to <kvm7>."), ElementsAre("host kvm7"));
    EXPECT_THAT(found("hostname = \"kvm7\""), ElementsAre("host kvm7"));
    EXPECT_THAT(found("Nov 22 20:00:00 kvm7 kernel: x"), ElementsAre("host kvm7"));
    EXPECT_THAT(found("x\n2026-11-22T20:00:00.1+00:00 kvm7 kernel: x"), ElementsAre("host kvm7"));
    EXPECT_THAT(found("Linux kvm7 6.1.0-56-cloud-amd64 #1"), ElementsAre("host kvm7"));
    EXPECT_THAT(found("kvm7 login: alice\n"), ElementsAre("host kvm7", "user alice"));
    EXPECT_THAT(found("ip=10.0.0.2::10.0.0.1:255.255.255.0:kvm7:eth0:off"),
                ElementsAre("ipv4 10.0.0.2", "ipv4 10.0.0.1", "host kvm7"));
    EXPECT_THAT(found("see kvm7.lab.example.com."), ElementsAre("host kvm7.lab.example.com"));
    EXPECT_THAT(found("file:/home/alice/linux/bzImage"), ElementsAre("user alice"));
    EXPECT_THAT(found("USER=alice uid=1000(alice)"), ElementsAre("user alice", "user alice"));
    EXPECT_THAT(found("session opened for user alice(uid=1000)"), ElementsAre("user alice"));
    EXPECT_THAT(found("(alice@buildbox) (gcc"), ElementsAre("user alice", "host buildbox"));
    EXPECT_THAT(found("alice@kvm7:~$ ls"), ElementsAre("user alice", "host kvm7"));
    EXPECT_THAT(found("drive,serial=S3Z2NB0K,id=x"), ElementsAre("serial S3Z2NB0K"));
    EXPECT_THAT(found("Serial Number: ABC 123"), ElementsAre("serial ABC 123"));
    EXPECT_THAT(found("SN: PF0X1Y2Z"), ElementsAre("serial PF0X1Y2Z"));
    EXPECT_THAT(found("/dev/disk/by-id/ata-Samsung_S3Z2NB0K"), ElementsAre("serial ata-Samsung_S3Z2NB0K"));
    EXPECT_THAT(found("UUID=1A2B-3C4D"), ElementsAre("uuid 1A2B-3C4D"));
}

TEST(FindIdentities, UsersOfSessions) {
    EXPECT_THAT(found("Started Session 1 of User dave."), ElementsAre("user dave"));
    EXPECT_THAT(found("sshd: invalid user Dave from"), ElementsAre("user Dave"));
    EXPECT_THAT(found("Failed password for invalid user dave from"), ElementsAre("user dave"));
    EXPECT_THAT(found("Failed publickey for dave from"), ElementsAre("user dave"));
    EXPECT_THAT(found("closed by authenticating user dave 10.0.0.1"), ElementsAre("user dave", "ipv4 10.0.0.1"));
    EXPECT_THAT(found("su: (to root) frank on tty1"), ElementsAre("user frank"));
    EXPECT_THAT(found("su[7]: (to dave) root on pts/0"), ElementsAre("user dave"));
    EXPECT_THAT(found("FAILED SU (to dave) frank on pts/0"), ElementsAre("user dave", "user frank"));
    EXPECT_THAT(found("opened for user root(uid=0) by frank(uid=1000)"), ElementsAre("user frank"));
    EXPECT_THAT(found("sudo:    frank : TTY=pts/0 ; USER=root"), ElementsAre("user frank"));
}

TEST(FindIdentities, NumbersOfMachinesAndTheirStorage) {
    EXPECT_THAT(found("quiet systemd.machine_id=3f2c9d1a7be44f0e9d1a7be43f2c9d1a"),
                ElementsAre("serial 3f2c9d1a7be44f0e9d1a7be43f2c9d1a"));
    EXPECT_THAT(found("Machine ID: 3f2c9d1a7be44f0e9d1a7be43f2c9d1a"),
                ElementsAre("serial 3f2c9d1a7be44f0e9d1a7be43f2c9d1a"));
    EXPECT_THAT(found("androidboot.serialno=R58M123ABC quiet"), ElementsAre("serial R58M123ABC"));
    EXPECT_THAT(found("WWPN=0x500507630300c562 WWNN=0x5005076303ffc562"),
                ElementsAre("serial 0x500507630300c562", "serial 0x5005076303ffc562"));
    EXPECT_THAT(found("InitiatorName=iqn.1993-08.org.debian:01:9b8c7d6e5f4"),
                ElementsAre("serial iqn.1993-08.org.debian:01:9b8c7d6e5f4"));
    EXPECT_THAT(found("[iqn.2001-04.com.acme.lan:disk1]: login"), ElementsAre("serial iqn.2001-04.com.acme.lan:disk1"));
    EXPECT_THAT(found("iqn.1993-08.org.debian:01:9b8c: logged in"),
                ElementsAre("serial iqn.1993-08.org.debian:01:9b8c"));
    EXPECT_THAT(found("by-path/ip-8.8.4.4:3260-iscsi-iqn.1993-08.org.debian:01:9b8c-lun-0"),
                ElementsAre("ipv4 8.8.4.4", "serial iqn.1993-08.org.debian:01:9b8c-lun-0"));
    EXPECT_THAT(found("nqn.2014-08.org.nvmexpress:uuid:5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6"),
                ElementsAre("serial nqn.2014-08.org.nvmexpress:uuid:5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6"));
    EXPECT_THAT(found("nqn.2014.08.org.nvmexpress:80868086S3Z2NB0K    INTEL"),
                ElementsAre("serial nqn.2014.08.org.nvmexpress:80868086S3Z2NB0K"));
}

TEST(FindIdentities, WordsThatAreNoNames) {
    for (const char* innocent : {"hostname=localhost",
                                 "(none) login: root",
                                 "Last login: Thu Nov 26",
                                 "user=12% sys=3%",
                                 "/root/x",
                                 "Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled",
                                 "SerialNumber: 0000:00:14.0",
                                 "serial console",
                                 "Initializing machine ID from random generator.",
                                 "(debian-kernel@lists.debian.org)",
                                 "linux-mm@kvack.org",
                                 "getty@tty1.service",
                                 "user@1000.service",
                                 "deb:linux-image-amd64@bookworm",
                                 "deb:x=7.3.4-1~bpo13+1@trixie-backports",
                                 "Linux version 6.1.0",
                                 "https://bugzilla.kernel.org/x",
                                 "copy of user space, for user mode",
                                 "Number of User processes",
                                 "moved (to disk) and on",
                                 "failover (to eth1) active on bond0",
                                 "lassu: (to eth1) active on bond0",
                                 "interrupted by user request, by user intervention.",
                                 "copy of user space.",
                                 "nqn.2014-08.org.nvmexpress.discovery",
                                 "scsi host0: ahci",
                                 "xHCI Host Controller",
                                 "host-1",
                                 "user-1"}) {
        EXPECT_THAT(found(innocent), IsEmpty()) << innocent;
    }
}

TEST(FindIdentities, SpansAreInOrderAndApartWhateverTheText) {
    // Every text of five of these pieces: what stands beside what decides much.
    constexpr const char* kPieces[] = {"10.1.2.3", ":", "@",  "ab:cd:ef:01:23:45", "host=", "/home/", "x",
                                       "\n",       " ", "::1"};
    constexpr std::size_t kCount = std::size(kPieces);
    for (std::size_t n = 0; n < kCount * kCount * kCount * kCount * kCount; ++n) {
        std::string text;
        for (std::size_t rest = n, i = 0; i < 5; ++i, rest /= kCount) {
            text += kPieces[rest % kCount];
        }
        std::size_t done = 0;
        for (const IdentitySpan& span : find_identities(text)) {
            ASSERT_LE(done, span.begin) << text;
            ASSERT_LT(span.begin, span.end) << text;
            ASSERT_LE(span.end, text.size()) << text;
            done = span.end;
        }
    }
}

}  // namespace
}  // namespace blkhang
