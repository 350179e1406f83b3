// SPDX-License-Identifier: GPL-2.0-only
#include "lab/digest.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <functional>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

TEST(Digest, IsSha256) {
    EXPECT_EQ(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

class DigestOfTree : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(tree_ / "boot");
        fs::permissions(tree_ / "boot", fs::perms(0755));
        ASSERT_TRUE(write_file(tree_ / "boot/vmlinuz", "kernel"));
        fs::create_symlink("vmlinuz", tree_ / "boot/link");
    }
    [[nodiscard]] std::string of_tree() const { return digest_of_tree(tree_, "seal").value(); }

    TempDir dir_ = TempDir::make("digest-test").value();
    fs::path tree_ = dir_.path() / "tree";
};

TEST_F(DigestOfTree, TheSameTreeGivesTheSame) {
    const std::string before = of_tree();
    ASSERT_TRUE(write_file(tree_ / "seal", before));
    EXPECT_EQ(of_tree(), before) << "the seal itself does not count";
    fs::copy(tree_, dir_.path() / "copy", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    EXPECT_EQ(digest_of_tree(dir_.path() / "copy", "seal").value(), before);
}

TEST_F(DigestOfTree, EveryChangeShows) {
    const std::pair<const char*, std::function<void()>> changes[] = {
        {"content of the same size and time",
         [&] {
             const auto time = fs::last_write_time(tree_ / "boot/vmlinuz");
             ASSERT_TRUE(write_file(tree_ / "boot/vmlinuz", "Kernel"));
             fs::last_write_time(tree_ / "boot/vmlinuz", time);
         }},
        {"mode", [&] { fs::permissions(tree_ / "boot/vmlinuz", fs::perms(0755)); }},
        {"name", [&] { fs::rename(tree_ / "boot/vmlinuz", tree_ / "boot/vmlinux"); }},
        {"link",
         [&] {
             fs::remove(tree_ / "boot/link");
             fs::create_symlink("/etc", tree_ / "boot/link");
         }},
        {"file for link",
         [&] {
             fs::remove(tree_ / "boot/link");
             ASSERT_TRUE(write_file(tree_ / "boot/link", "/etc"));
         }},
        {"more", [&] { ASSERT_TRUE(write_file(tree_ / "boot/seal", "")); }},
        {"less", [&] { fs::remove(tree_ / "boot/seal"); }},
    };
    std::string before = of_tree();
    for (const auto& [what, change] : changes) {
        change();
        EXPECT_NE(of_tree(), before) << what;
        before = of_tree();
    }
}

TEST_F(DigestOfTree, WhatOthersMayChangeHasNone) {
    fs::permissions(tree_ / "boot", fs::perms(0777));
    EXPECT_THAT(digest_of_tree(tree_, "seal").error().message(), testing::HasSubstr("boot can be changed by others"));
    fs::permissions(tree_ / "boot", fs::perms(0755));
    ASSERT_EQ(::mkfifo((tree_ / "fifo").c_str(), 0600), 0);
    EXPECT_TRUE(digest_of_tree(tree_, "seal")) << "and nothing waits for the other end of a FIFO";
    if (::lchown((tree_ / "boot/link").c_str(), 65534, 65534) == 0) {
        EXPECT_FALSE(digest_of_tree(tree_, "seal"));
    }
    EXPECT_FALSE(digest_of_tree(dir_.path() / "none", "seal"));
}

}  // namespace
}  // namespace blkhang
