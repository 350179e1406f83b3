// SPDX-License-Identifier: GPL-2.0-only
#include "host/device_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

DeviceUse disk(const std::string& name) {
    DeviceUse use;
    use.name = name;
    use.path = "/dev/" + name;
    use.number = {254, 16};
    use.size = 64U << 20U;
    use.serial = "S1";
    return use;
}

DeviceUse used_disk() {
    DeviceUse use = disk("vda");
    use.reasons = {{DeviceReason::mounted, "/proc/self/mountinfo: vda on /m (ext4)", "umount /m"},
                   {DeviceReason::busy, "opening /dev/vda exclusively: busy", "lsblk /dev/vda"}};
    return use;
}

std::string text_of(const std::vector<DeviceUse>& devices, bool all) {
    return table_text(device_rows(devices, all), false);
}

TEST(DeviceTable, ShortItNamesTheFirstReasonAndHowManyMoreThereAre) {
    const std::string text = text_of({used_disk()}, false);
    EXPECT_THAT(text, HasSubstr("vda  note    64MiB, not unused: mounted: /proc/self/mountinfo: vda on /m (ext4); 1 "
                                "more with -v\n"));
    EXPECT_THAT(text, Not(HasSubstr("busy")));
}

TEST(DeviceTable, LongItListsAllReasonsAndWhatClearsThem) {
    const std::string text = text_of({used_disk()}, true);
    EXPECT_THAT(text, HasSubstr("(umount /m)"));
    EXPECT_THAT(text, HasSubstr("busy: opening /dev/vda exclusively: busy (lsblk /dev/vda)"));
}

TEST(DeviceTable, AnUnusedDiskIsToldHowToPrepareItAndAPreparedOneForWhat) {
    DeviceUse prepared = disk("vdc");
    prepared.header = DeviceHeader{DevicePurpose::load, prepared.size, {}};
    const std::string text = text_of({disk("vdb"), prepared}, false);
    EXPECT_THAT(text, HasSubstr("64MiB, unused (to give it to blkhang: blkhang prepare /dev/vdb --serial S1)"));
    EXPECT_THAT(text, HasSubstr("64MiB, prepared for load, unused\n"));
}

TEST(DeviceTable, ASerialNumberGivesAShellNoOrders) {
    DeviceUse use = disk("vdb");
    use.serial = "S1; $(reboot)";
    EXPECT_THAT(text_of({use}, false), HasSubstr("--serial 'S1; $(reboot)')"));
}

TEST(DeviceTable, PartitionsAndEmptyDrivesAreForTheJsonOnly) {
    DeviceUse partition = disk("vdb1");
    partition.whole = false;
    DeviceUse empty = disk("loop0");
    empty.size = 0;
    EXPECT_THAT(text_of({partition, empty}, false), HasSubstr("none"));
    EXPECT_EQ(devices_json(std::vector{partition, empty}).size(), 2U);
}

TEST(DeviceTable, JsonHasEveryReason) {
    const auto json = devices_json(std::vector{used_disk(), disk("vdb")});
    EXPECT_EQ(json[0]["name"], "vda");
    EXPECT_EQ(json[0]["path"], "/dev/vda");
    EXPECT_EQ(json[0]["size"], 64U << 20U);
    EXPECT_EQ(json[0]["unused"], false);
    EXPECT_EQ(json[0]["reasons"][0],
              nlohmann::ordered_json(
                  {{"what", "mounted"}, {"fact", "/proc/self/mountinfo: vda on /m (ext4)"}, {"clear", "umount /m"}}));
    EXPECT_EQ(json[0]["reasons"].size(), 2U);
    EXPECT_EQ(json[1]["unused"], true);
    EXPECT_TRUE(json[1]["prepared"].is_null());
    EXPECT_TRUE(devices_json(fail(Fault::unsupported, "no sysfs")).is_null());
}

}  // namespace
}  // namespace blkhang
