// SPDX-License-Identifier: GPL-2.0-only
#include "machine/knob_writers.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class KnobWriters : public FakeHost {
protected:
    [[nodiscard]] std::vector<KnobWriter> found(const std::vector<std::string>& disks) const {
        HostReader host = reader();
        const std::vector<std::string> knobs{"queue/scheduler", "io.max"};
        return read_knob_writers(host, knobs, disks);
    }
};

constexpr const char* kRule = "ACTION==\"add|change\", KERNEL==\"vd[a-z]\", ATTR{queue/scheduler}=\"mq-deadline\"\n";

TEST_F(KnobWriters, AUdevRuleMeansTheDisksThatItMatches) {
    put("usr/lib/udev/rules.d/60-io.rules", kRule);
    const auto writers = found({"vda", "sda"});
    ASSERT_EQ(writers.size(), 1U);
    EXPECT_EQ(writers[0].by, "udev rule");
    EXPECT_EQ(writers[0].file, at("usr/lib/udev/rules.d/60-io.rules").string());
    EXPECT_EQ(writers[0].value, "mq-deadline");
    EXPECT_THAT(writers[0].disks, ElementsAre("vda"));
}

TEST_F(KnobWriters, WhatADiskSaysOfItselfDecides) {
    put("etc/udev/rules.d/60-io.rules", "ATTR{queue/rotational}==\"1\", ATTR{queue/scheduler}=\"bfq\"\n");
    put_disk("sda", "8:0");
    put("sys/block/sda/queue/rotational", "1\n");
    put_disk("sdb", "8:16");
    put("sys/block/sdb/queue/rotational", "0\n");
    EXPECT_THAT(found({"sda", "sdb"})[0].disks, ElementsAre("sda"));
}

TEST_F(KnobWriters, AFileInEtcHidesThatOfTheDistribution) {
    put("usr/lib/udev/rules.d/60-io.rules", kRule);
    link("etc/udev/rules.d/60-io.rules", "/dev/null");
    EXPECT_THAT(found({"vda"}), IsEmpty());
}

TEST_F(KnobWriters, AUnitLimitsTheDiskBelowItsPath) {
    put_disk("vda", "254:0");
    put_partition("vda", "vda1", "254:1");
    put("etc/systemd/system/db.service.d/io.conf", "[Service]\nIOWriteBandwidthMax=/dev/vda1 10M\n");
    const auto writers = found({"vda", "vdb"});
    ASSERT_EQ(writers.size(), 1U);
    EXPECT_EQ(writers[0].by, "systemd unit");
    EXPECT_EQ(writers[0].knob, "io.max");
    EXPECT_THAT(writers[0].disks, ElementsAre("vda"));
}

TEST_F(KnobWriters, TunedCountsWithTheProfileThatIsOn) {
    put("usr/lib/tuned/off/tuned.conf", "[disk]\nelevator=bfq\n");
    put("usr/lib/tuned/on/tuned.conf", "[main]\ninclude=base\n");
    put("usr/lib/tuned/base/tuned.conf", "[disk]\nelevator=none\n");
    EXPECT_THAT(found({"vda"}), IsEmpty());
    put("etc/tuned/active_profile", "on\n");
    const auto writers = found({"vda"});
    ASSERT_EQ(writers.size(), 1U);
    EXPECT_EQ(writers[0].value, "none");
    EXPECT_THAT(writers[0].disks, ElementsAre("vda"));
}

TEST_F(KnobWriters, ScriptsOfTheHostAndGuestsThatAreOff) {
    put("etc/rc.local", "#!/bin/sh\necho bfq > /sys/block/sda/queue/scheduler\n");
    put("etc/libvirt/qemu/web.xml", "<domain>\n<write_bytes_sec>1</write_bytes_sec>\n</domain>\n");
    const auto writers = found({"sda"});
    ASSERT_EQ(writers.size(), 2U);
    EXPECT_EQ(writers[0].by, "script");
    EXPECT_EQ(writers[0].line, 2);
    EXPECT_EQ(writers[1].by, "libvirt guest");
}

}  // namespace
}  // namespace blkhang
