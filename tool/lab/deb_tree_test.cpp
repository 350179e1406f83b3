// SPDX-License-Identifier: GPL-2.0-only
#include "lab/deb_tree.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class DebTreeTest : public testing::Test {
protected:
    /// A real package with one file, made by dpkg-deb.
    void SetUp() override {
        const fs::path source = dir_.path() / "source";
        fs::create_directories(source / "DEBIAN");
        fs::create_directories(source / "boot");
        fs::create_directories(downloads_);
        ASSERT_TRUE(
            write_file(source / "DEBIAN/control",
                       "Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: N <n@e.org>\nDescription: d\n"));
        ASSERT_TRUE(write_file(source / "boot/vmlinuz", "kernel"));
        const auto built = command_stdout({"dpkg-deb", "--root-owner-group", "-b", source.string(), deb_.string()},
                                          Deadline::after(std::chrono::seconds(20)));
        ASSERT_TRUE(built) << built.error().message();
    }
    TempDir dir_ = TempDir::make("debtree-test").value();
    fs::path downloads_ = dir_.path() / "downloads";
    fs::path deb_ = downloads_ / "thing_1_all.deb";
    fs::path tree_ = dir_.path() / "tree";
};

TEST_F(DebTreeTest, UnpackedTreeIsWholeUntilTouched) {
    EXPECT_FALSE(deb_tree_is_whole(tree_));
    const Status unpacked = unpack_deb_tree(
        downloads_, tree_, [](const fs::path& root) { return write_file(root / "made-by-us", "index"); });
    ASSERT_TRUE(unpacked) << unpacked.error().message();
    EXPECT_EQ(read_file(tree_ / "boot/vmlinuz").value(), "kernel");
    EXPECT_TRUE(deb_tree_is_whole(tree_));

    ASSERT_TRUE(write_file(tree_ / "boot/vmlinuz", "Kernel"));
    EXPECT_FALSE(deb_tree_is_whole(tree_)) << "exchanged for one of the same size";
    ASSERT_TRUE(write_file(tree_ / "boot/vmlinuz", "kernel"));
    EXPECT_TRUE(deb_tree_is_whole(tree_));
    fs::permissions(tree_ / "boot", fs::perms(0777));
    EXPECT_FALSE(deb_tree_is_whole(tree_)) << "others can exchange it";
    fs::permissions(tree_ / "boot", fs::perms(0755));
    ASSERT_TRUE(write_file(tree_ / "boot/vmlinuz", "ker"));
    EXPECT_FALSE(deb_tree_is_whole(tree_)) << "cut short";
    fs::remove(tree_ / "boot/vmlinuz");
    EXPECT_FALSE(deb_tree_is_whole(tree_)) << "lost a file";
}

TEST_F(DebTreeTest, DamagedPackageLeavesNoTree) {
    fs::resize_file(deb_, fs::file_size(deb_) / 2);
    const Status unpacked = unpack_deb_tree(downloads_, tree_, [](const fs::path&) -> Status { return {}; });
    ASSERT_FALSE(unpacked);
    EXPECT_THAT(unpacked.error().message(), testing::HasSubstr("unpacking thing_1_all.deb"));
    EXPECT_FALSE(fs::exists(tree_));
}

}  // namespace
}  // namespace blkhang
