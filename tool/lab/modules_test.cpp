// SPDX-License-Identifier: GPL-2.0-only
#include "lab/modules.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

TEST(ShowDepends, OnlyFilesToLoadCount) {
    EXPECT_THAT(parse_show_depends("builtin mq_deadline\n", "/m").value(), ElementsAre());
    EXPECT_THAT(
        parse_show_depends("insmod /m/virtio_ring.ko \ninsmod /m/kernel/virtio.ko a=1\ninstall /bin/true\n", "/m")
            .value(),
        ElementsAre("virtio_ring.ko", "kernel/virtio.ko"));
    EXPECT_THAT(parse_show_depends("insmod /a b, c'd/m/x.ko \n", "/a b, c'd/m").value(), ElementsAre("x.ko"));
}

TEST(ShowDepends, APathThatLeadsOutOfTheModulesIsAnError) {
    for (const char* line : {"insmod /etc/shadow.ko ", "insmod /m/../../etc/shadow.ko ", "insmod /m/a/../../x.ko ",
                             "insmod /m//etc/x.ko ", "insmod /m/ ", "insmod /m/.x.ko", "insmod /mm/x.ko "}) {
        const auto files = parse_show_depends(line, "/m");
        ASSERT_FALSE(files) << line;
        EXPECT_EQ(files.error().fault(), Fault::usage);
    }
}

/// A module tree with real, if empty, objects: depmod reads exported names from __ksymtab_strings and needs from
/// symbols.
class ModulesTest : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(modules_);
        ASSERT_TRUE(write_file(modules_ / "modules.order", ""));
        ASSERT_TRUE(write_file(modules_ / "modules.builtin", "kernel/bfq.ko\n"));
        compile("ring", "", "ring_put");
        compile("virtio", "ring_put", "virtio_register");
        compile("blk", "virtio_register", "");
        const Status indexed = index_modules(root_, "1.2.3");
        ASSERT_TRUE(indexed) << indexed.error().message();
    }
    void compile(const std::string& name, const std::string& needs, const std::string& exports) {
        CommandOptions options;
        options.input = (needs.empty() ? "" : ".globl f\nf: jmp " + needs + "\n") +
                        ".section __ksymtab_strings,\"a\"\n.asciz \"" + exports + "\"\n";
        const auto compiled = command_stdout({"as", "-o", (modules_ / (name + ".ko")).string(), "-"},
                                             Deadline::after(std::chrono::seconds(20)), options);
        ASSERT_TRUE(compiled) << compiled.error().message();
    }
    TempDir dir_ = TempDir::make("modules-test").value();
    fs::path root_ = dir_.path() / "a root, with 'blanks'";
    fs::path modules_ = modules_directory(root_, "1.2.3");
};

TEST_F(ModulesTest, AreLoadedAfterWhatTheyNeedAndOnce) {
    const auto files = modules_in_load_order(root_, "1.2.3", {"virtio", "absent", "bfq", "blk"});
    ASSERT_TRUE(files) << files.error().message();
    std::vector<std::string> names;
    for (const fs::path& file : *files) {
        names.push_back(file.filename());
    }
    EXPECT_THAT(names, ElementsAre("ring.ko", "virtio.ko", "blk.ko"));
}

TEST_F(ModulesTest, CompressedOnesAreUnpacked) {
    const fs::path plain = dir_.path() / "m.ko";
    const std::string content =
        "\x7f"
        "ELF and so on";
    for (const char* program : {"xz", "gzip", "zstd"}) {
        ASSERT_TRUE(write_file(plain, content));
        ASSERT_TRUE(command_stdout({program, "-kfq", plain.string()}, Deadline::after(std::chrono::seconds(10))));
    }
    const Directory directory = Directory::open(dir_.path()).value();
    for (const char* suffix : {"", ".xz", ".gz", ".zst"}) {
        const auto read = read_module(directory, std::string("m.ko") + suffix);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(*read, content);
    }
    ASSERT_TRUE(write_file(dir_.path() / "m.ko.rar", content));
    EXPECT_FALSE(read_module(directory, "m.ko.rar"));
}

TEST_F(ModulesTest, ABombIsNotUnpacked) {
    ASSERT_TRUE(command_stdout({"sh", "-c", "head -c 100000000 /dev/zero | xz -0 > bomb.ko.xz"},
                               Deadline::after(std::chrono::minutes(1)),
                               {.directory = dir_.path(), .environment = {}, .input = {}}));
    const auto read = read_module(Directory::open(dir_.path()).value(), "bomb.ko.xz");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault(), Fault::usage);
    EXPECT_THAT(read.error().message(), testing::HasSubstr("bomb.ko.xz"));
    EXPECT_THAT(read.error().message(), testing::HasSubstr("more than 64MiB"));
}

TEST_F(ModulesTest, OnlyWhatAKernelHasIsCopied) {
    fs::create_directories(modules_ / "kernel/fs");
    fs::create_directories(modules_ / ".hidden");
    for (const char* file : {"kernel/fs/x.ko.xz", "kernel/.x.ko.cmd", ".hidden/y.ko", "notes"}) {
        ASSERT_TRUE(write_file(modules_ / file, file));
    }
    ASSERT_TRUE(write_file(dir_.path() / "secret", "root:x"));
    fs::create_symlink(dir_.path() / "secret", modules_ / "link.ko");
    const fs::path copy = dir_.path() / "copy";
    const Status copied = copy_modules(modules_, copy);
    ASSERT_TRUE(copied) << copied.error().message();
    EXPECT_EQ(read_file(copy / "kernel/fs/x.ko.xz").value_or(""), "kernel/fs/x.ko.xz");
    EXPECT_TRUE(fs::exists(copy / "modules.order"));
    EXPECT_TRUE(fs::exists(copy / "virtio.ko"));
    for (const char* left_out : {"kernel/.x.ko.cmd", ".hidden", "notes", "link.ko"}) {
        EXPECT_FALSE(fs::exists(fs::symlink_status(copy / left_out))) << left_out;
    }
}

TEST_F(ModulesTest, AnIndexIsNoLink) {
    fs::rename(modules_ / "modules.dep.bin", dir_.path() / "elsewhere");
    fs::create_symlink(dir_.path() / "elsewhere", modules_ / "modules.dep.bin");
    const auto all = module_files(modules_);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().fault(), Fault::usage);
    EXPECT_THAT(all.error().message(), testing::HasSubstr("a link"));
}

TEST_F(ModulesTest, MoreThanAKernelCanHaveIsRefused) {
    for (int i = 0; i < 9; ++i) {
        const fs::path large = modules_ / ("large" + std::to_string(i) + ".ko");
        ASSERT_TRUE(write_file(large, ""));
        fs::resize_file(large, std::uintmax_t{250} << 20U);
    }
    const auto all = module_files(modules_);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().fault(), Fault::usage);
    EXPECT_THAT(all.error().message(), testing::HasSubstr("more than 2GiB"));
}

TEST_F(ModulesTest, NoneIsReadOverALink) {
    ASSERT_TRUE(write_file(dir_.path() / "secret", "root:x"));
    fs::create_symlink("../../../../secret", modules_ / "virtio_x.ko");
    const auto read = read_module(Directory::open(modules_).value(), "virtio_x.ko");
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message(), testing::HasSubstr("found a link"));
}

}  // namespace
}  // namespace blkhang
