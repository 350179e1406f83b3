// SPDX-License-Identifier: GPL-2.0-only
#include "stage/device_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <map>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Pair;

TEST(DeviceNodes, AreAsTheKernelTells) {
    EXPECT_EQ(device_in("MAJOR=254\nMINOR=16\nDEVNAME=vdb\nDEVTYPE=disk\n", '\n', S_IFBLK),
              (DeviceNode{"vdb", S_IFBLK, makedev(254, 16)}));
    using namespace std::string_view_literals;
    EXPECT_EQ(device_in("add@/devices/x/block/vda\0ACTION=add\0SUBSYSTEM=block\0MAJOR=254\0MINOR=0\0DEVNAME=vda\0"sv,
                        '\0', S_IFCHR),
              (DeviceNode{"vda", S_IFBLK, makedev(254, 0)}));
    EXPECT_EQ(
        device_in("add@/x\0ACTION=add\0SUBSYSTEM=misc\0MAJOR=10\0MINOR=236\0DEVNAME=mapper/control\0"sv, '\0', S_IFBLK),
        (DeviceNode{"mapper/control", S_IFCHR, makedev(10, 236)}));
}

TEST(DeviceNodes, WhatHasNoFileOrGoesOrLeavesDevMakesNone) {
    using namespace std::string_view_literals;
    for (const auto event : {""sv, "ACTION=add\nDEVPATH=/module/x\n"sv, "MAJOR=1\nMINOR=2\n"sv,
                             "MAJOR=1\nDEVNAME=a\n"sv, "MAJOR=x\nMINOR=1\nDEVNAME=a\n"sv,
                             "ACTION=remove\nMAJOR=1\nMINOR=1\nDEVNAME=a\n"sv, "MAJOR=1\nMINOR=1\nDEVNAME=../etc/a\n"sv,
                             "MAJOR=1\nMINOR=1\nDEVNAME=/etc/a\n"sv, "MAJOR=1\nMINOR=1\nDEVNAME=\n"sv}) {
        EXPECT_EQ(device_in(event, '\n', S_IFCHR), std::nullopt) << event;
    }
}

TEST(DeviceNodes, ThereIsOneForEachDevice) {
    const auto dir = TempDir::make("blkhang-nodes").value();
    const auto put = [&](const std::string& where, const std::string& uevent) {
        fs::create_directories(dir.path() / "sys/dev" / where);
        ASSERT_TRUE(write_file(dir.path() / "sys/dev" / where / "uevent", uevent));
    };
    put("block/254:0", "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n");
    put("char/4:65", "MAJOR=4\nMINOR=65\nDEVNAME=ttyS1\n");
    put("char/10:236", "MAJOR=10\nMINOR=236\nDEVNAME=mapper/control\n");
    std::map<std::string, std::pair<mode_t, dev_t>> made;
    make_device_nodes(dir.path() / "sys", dir.path() / "dev", [&](const fs::path& file, mode_t type, dev_t number) {
        EXPECT_TRUE(is_there(file.parent_path())) << file;
        made[fs::relative(file, dir.path()).string()] = {type, number};
        return 0;
    });
    EXPECT_THAT(made, ElementsAre(Pair("dev/mapper/control", std::pair{mode_t{S_IFCHR}, makedev(10, 236)}),
                                  Pair("dev/ttyS1", std::pair{mode_t{S_IFCHR}, makedev(4, 65)}),
                                  Pair("dev/vda", std::pair{mode_t{S_IFBLK}, makedev(254, 0)})));
    make_device_nodes(dir.path() / "nothing", dir.path() / "dev", [](const auto&, auto, auto) { return 1; });
}

}  // namespace
}  // namespace blkhang
