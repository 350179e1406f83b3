// SPDX-License-Identifier: GPL-2.0-only
#include "machine/knob_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::IsEmpty;

const std::vector<std::string> kKnobs{"queue/scheduler", "queue/nr_requests", "io.max", "io.cost.qos", "io.latency"};

KnobMention only(std::string_view text, KnobLanguage language) {
    const auto found = knobs_in(text, language, kKnobs);
    EXPECT_EQ(found.size(), 1U) << text;
    return found.size() == 1 ? found[0] : KnobMention{};
}

TEST(KnobText, AUdevRuleSetsAnAttribute) {
    const auto rule = only(
        "# chooses\n"
        "ACTION==\"add|change\", KERNEL==\"sd[a-z]|vd*\", ATTR{queue/rotational}==\"1\", \\\n"
        "  ATTR{removable}!=\"1\", ATTR{queue/scheduler}=\"bfq\"\n",
        KnobLanguage::udev);
    EXPECT_EQ(rule.line, 2);
    EXPECT_EQ(rule.knob, "queue/scheduler");
    EXPECT_EQ(rule.value, "bfq");
    ASSERT_EQ(rule.conditions.size(), 3U);
    EXPECT_EQ(rule.conditions[0].of, "KERNEL");
    EXPECT_EQ(rule.conditions[0].pattern, "sd[a-z]|vd*");
    EXPECT_TRUE(rule.conditions[0].wanted);
    EXPECT_EQ(rule.conditions[1].of, "queue/rotational");
    EXPECT_EQ(rule.conditions[2].of, "removable");
    EXPECT_FALSE(rule.conditions[2].wanted);
}

TEST(KnobText, AUdevRuleThatAsksOrRuns) {
    EXPECT_THAT(knobs_in("ATTR{queue/scheduler}==\"bfq\", ENV{X}=\"1\"\n", KnobLanguage::udev, kKnobs), IsEmpty());
    const auto run =
        only(R"(KERNEL=="vda", RUN+="/bin/sh -c 'echo kyber > /sys/block/%k/queue/scheduler'")", KnobLanguage::udev);
    EXPECT_EQ(run.value, "kyber");
    EXPECT_EQ(run.disks, "");
    EXPECT_EQ(
        only(R"(ACTION!="remove", RUN{builtin}+="kmod", PROGRAM="iocost apply $devnode")", KnobLanguage::udev).knob,
        "io.cost.qos");
}

TEST(KnobText, ScriptsWriteAndRead) {
    const auto one = only("  echo -n 'mq-deadline' > /sys/block/sd*/queue/scheduler\n", KnobLanguage::script);
    EXPECT_EQ(one.value, "mq-deadline");
    EXPECT_EQ(one.disks, "sd*");
    const auto piped = only("echo 512 | tee /sys/block/$disk/queue/nr_requests", KnobLanguage::script);
    EXPECT_EQ(piped.value, "512");
    EXPECT_EQ(piped.disks, "");
    EXPECT_TRUE(piped.by_variable);
    EXPECT_FALSE(one.by_variable);
    EXPECT_THAT(knobs_in("if grep -q deadline < /sys/block/$d/queue/scheduler 2>/dev/null; then\n",
                         KnobLanguage::script, kKnobs),
                IsEmpty());
    EXPECT_THAT(knobs_in("cat /sys/block/sda/queue/scheduler\n", KnobLanguage::script, kKnobs), IsEmpty());
    EXPECT_THAT(knobs_in("#echo bfq > /sys/block/sda/queue/scheduler\n", KnobLanguage::script, kKnobs), IsEmpty());
    EXPECT_EQ(only("echo \"8:0 wbps=1048576\" > /sys/fs/cgroup/a/io.max", KnobLanguage::script).value,
              "8:0 wbps=1048576");
    EXPECT_THAT(knobs_in("echo 1 > /x/radio.maximum\n", KnobLanguage::script, kKnobs), IsEmpty());
}

TEST(KnobText, ScriptsLoopOverDisks) {
    const auto one = only("for f in /sys/block/sd*/queue/scheduler; do echo bfq > $f; done", KnobLanguage::script);
    EXPECT_EQ(one.value, "bfq");
    EXPECT_EQ(one.disks, "sd*");
    const auto three = only(
        "for each in /sys/block/*/queue/nr_requests\n"
        "do\n"
        "    echo 1024 >\"${each}\"\n"
        "done\n",
        KnobLanguage::script);
    EXPECT_EQ(three.line, 3);
    EXPECT_EQ(three.value, "1024");
    EXPECT_EQ(three.disks, "*");
    EXPECT_THAT(
        knobs_in("for f in /sys/block/*/queue/scheduler; do cat $f >/tmp/log; done", KnobLanguage::script, kKnobs),
        IsEmpty());
}

TEST(KnobText, UnitsHaveWordsOfTheirOwn) {
    const auto limit = only("[Service]\nIOWriteBandwidthMax=/dev/sda 10M\n", KnobLanguage::unit);
    EXPECT_EQ(limit.knob, "io.max");
    EXPECT_EQ(limit.disks, "/dev/sda");
    EXPECT_EQ(limit.line, 2);
    EXPECT_THAT(knobs_in("IOWriteBandwidthMax=\n", KnobLanguage::unit, kKnobs), IsEmpty());
    EXPECT_EQ(only("IODeviceLatencyTargetSec=/dev/sda 25ms\n", KnobLanguage::unit).knob, "io.latency");
    EXPECT_EQ(only("ExecStart=/bin/sh -c 'echo none > /sys/block/vda/queue/scheduler'\n", KnobLanguage::unit).value,
              "none");
}

TEST(KnobText, SettingsOfOtherPrograms) {
    const auto setting = only("block/sda/queue/scheduler = mq-deadline\n", KnobLanguage::setting);
    EXPECT_EQ(setting.value, "mq-deadline");
    EXPECT_EQ(setting.disks, "sda");
    EXPECT_EQ(only("w /sys/block/vdb/queue/scheduler - - - - bfq\n", KnobLanguage::tmpfiles).value, "bfq");
    EXPECT_EQ(only("[disk]\nelevator=mq-deadline\n", KnobLanguage::tuned).value, "mq-deadline");
    EXPECT_EQ(only("[sysfs]\n/sys/block/sd*/queue/nr_requests=1024\n", KnobLanguage::tuned).disks, "sd*");
    EXPECT_EQ(
        only("<blkiotune><device><write_bytes_sec>1</write_bytes_sec></device></blkiotune>", KnobLanguage::libvirt)
            .knob,
        "io.max");
}

}  // namespace
}  // namespace blkhang
