// SPDX-License-Identifier: GPL-2.0-only
#include "lab/image.h"

#include <gmock/gmock.h>

#include <map>

#include "base/file.h"
#include "lab/testing/cpio_reader.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Ldd, ListsLibrariesAndLoader) {
    const auto files = parse_ldd(
        "\tlinux-vdso.so.1 (0x00007ffe)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007fc6)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x00007fc6)\n");
    ASSERT_TRUE(files);
    EXPECT_THAT(*files, ElementsAre("/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"));
    EXPECT_FALSE(parse_ldd("\tlibfoo.so => not found\n"));
    EXPECT_THAT(parse_ldd("\tstatically linked\n").value(), ElementsAre());
}

class ImageTest : public testing::Test {
protected:
    void SetUp() override {
        content_.init = dir_.path() / "init";
        content_.job = R"({"kind":"run"})";
        ASSERT_TRUE(write_file(content_.init, "#!/static"));
    }
    std::map<std::string, std::string> build() {
        const auto fd = make_image(kernel_, content_);
        EXPECT_TRUE(fd) << fd.error().message();
        std::map<std::string, std::string> files;
        for (const CpioMember& member : read_cpio(fd->get())) {
            files[member.name] = member.content;
        }
        return files;
    }
    TempDir dir_ = TempDir::make("image-test").value();
    Kernel kernel_{"1.2.3", "test", "", "", "", {}, ""};
    ImageContent content_;
};

TEST_F(ImageTest, HoldsInitAndJob) {
    auto files = build();
    EXPECT_EQ(files["init"], "#!/static");
    EXPECT_EQ(files["blkhang/job.json"], content_.job);
    EXPECT_EQ(files["blkhang/modules.list"], "");
    EXPECT_TRUE(files.contains("dev/console"));
    EXPECT_FALSE(files.contains("blkhang/plant.ko"));
}

TEST_F(ImageTest, HoldsProgramsWithTheirLibraries) {
    content_.programs = {"/bin/sh"};
    content_.plant = dir_.path() / "bug.ko";
    ASSERT_TRUE(write_file(content_.plant, "ELF"));
    auto files = build();
    EXPECT_EQ(files["bin/sh"], read_file("/bin/sh").value());
    EXPECT_TRUE(files.contains("lib64/ld-linux-x86-64.so.2"));
    EXPECT_EQ(files["blkhang/plant.ko"], "ELF");
}

TEST_F(ImageTest, MissingProgramNamesThePackage) {
    content_.programs = {"/usr/bin/no-such-load"};
    const auto fd = make_image(kernel_, content_);
    ASSERT_FALSE(fd);
    EXPECT_THAT(fd.error().message(), HasSubstr("apt-get install no-such-load"));
}

TEST_F(ImageTest, DynamicInitIsRefused) {
    content_.init = "/bin/sh";
    const auto fd = make_image(kernel_, content_);
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().fault(), Fault::unsupported);
    EXPECT_THAT(fd.error().message(), HasSubstr("BLKHANG_STATIC"));
}

}  // namespace
}  // namespace blkhang
