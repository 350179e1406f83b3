// SPDX-License-Identifier: GPL-2.0-only
#include "lab/bzimage.h"

#include <gmock/gmock.h>

#include "base/file.h"

namespace blkhang {
namespace {

class BzImageTest : public testing::Test {
protected:
    std::filesystem::path write(const std::string& content) {
        auto path = dir_.path() / "image";
        EXPECT_TRUE(write_file(path, content));
        return path;
    }
    static std::string image(std::uint16_t pointer,
                             const std::string& version = "6.1.0-56-cloud-amd64 (builder@host) #1 SMP") {
        std::string head(0x1000, '\0');
        head.replace(0x202, 4, "HdrS");
        head[0x20e] = static_cast<char>(pointer & 0xff);
        head[0x20f] = static_cast<char>(pointer >> 8);
        head.replace(0x200 + 0x340, version.size(), version);
        return head;
    }
    TempDir dir_ = TempDir::make("bzimage-test").value();
};

TEST_F(BzImageTest, ReadsTheRelease) {
    const auto release = image_release(write(image(0x340)));
    ASSERT_TRUE(release) << release.error().message();
    EXPECT_EQ(*release, "6.1.0-56-cloud-amd64");
}

TEST_F(BzImageTest, AReleaseThatLeadsElsewhereIsRefused) {
    for (const char* release :
         {"../../../../etc/cron.d", "/etc", "..", ".x", "-C", "6.1/../..", "6.1\x1b[2J", "6.1\nx"}) {
        const auto read = image_release(write(image(0x340, release)));
        ASSERT_FALSE(read) << release;
        EXPECT_EQ(read.error().fault(), Fault::usage);
        EXPECT_THAT(read.error().message(), testing::HasSubstr("cannot be part of a path"));
    }
}

TEST_F(BzImageTest, EverythingElseIsTheUsersMistake) {
    for (const std::string& content : {std::string(),
                                       std::string("\x7f"
                                                   "ELF vmlinux"),
                                       image(0xfff0), image(0x800)}) {
        const auto release = image_release(write(content));
        ASSERT_FALSE(release);
        EXPECT_EQ(release.error().fault(), Fault::usage);
        EXPECT_THAT(release.error().message(), testing::HasSubstr("bzImage"));
    }
    const auto missing = image_release(dir_.path() / "missing");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().fault(), Fault::usage);
    EXPECT_THAT(missing.error().message(), testing::HasSubstr("No such file"));
}

}  // namespace
}  // namespace blkhang
