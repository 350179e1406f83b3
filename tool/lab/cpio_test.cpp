// SPDX-License-Identifier: GPL-2.0-only
#include "lab/cpio.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "lab/testing/cpio_reader.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(Cpio, HoldsWhatWasPutInWithParentsOnce) {
    const Fd fd(::memfd_create("cpio", 0));
    CpioWriter writer(fd.get());
    writer.file("/init", "#!", true);
    writer.file("/blkhang/job.json", "{}");
    writer.file("/blkhang/modules.list", "");
    writer.character_device("/dev/console", 5, 1);
    const Status status = writer.finish();
    ASSERT_TRUE(status) << status.error().message();

    const auto members = read_cpio(fd.get());
    std::vector<std::string> names;
    names.reserve(members.size());
    for (const auto& member : members) {
        names.push_back(member.name);
    }
    EXPECT_THAT(names,
                ElementsAre("init", "blkhang", "blkhang/job.json", "blkhang/modules.list", "dev", "dev/console"));
    EXPECT_EQ(members[0].mode, S_IFREG | 0755U);
    EXPECT_EQ(members[0].content, "#!");
    EXPECT_EQ(members[1].mode, S_IFDIR | 0755U);
    EXPECT_EQ(members[2].content, "{}");
    EXPECT_EQ(members[5].device, makedev(5, 1));
}

TEST(Cpio, FailureIsReportedAtTheEnd) {
    const Fd full(::open("/dev/full", O_WRONLY));
    CpioWriter writer(full.get());
    writer.file("/init", std::string(1 << 20, 'x'));
    EXPECT_FALSE(writer.finish());
}

}  // namespace
}  // namespace blkhang
