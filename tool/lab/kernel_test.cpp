// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "lab/deb_kernel.h"
#include "lab/testing/kernel_image.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class KernelTest : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("XDG_CACHE_HOME", (dir_.path() / "cache").c_str(), 1);
        fs::create_directories(tree_ / "boot");
        fs::create_directories(modules_);
        ASSERT_TRUE(write_file(image_, kernel_image()));
    }
    void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

    TempDir dir_ = TempDir::make("kernel-test").value();
    fs::path tree_ = dir_.path() / "tree";
    fs::path image_ = tree_ / "boot/vmlinuz-1.2.3";
    fs::path modules_ = tree_ / "lib/modules/1.2.3";
};

TEST_F(KernelTest, ImageAloneIsMonolithic) {
    const auto kernel = obtain_kernel(ImageFile{image_, {}});
    ASSERT_TRUE(kernel) << kernel.error().message();
    EXPECT_EQ(kernel->release, "1.2.3");
    EXPECT_EQ(kernel->image, image_);
    EXPECT_TRUE(kernel->modules_root.empty());
}

TEST_F(KernelTest, ModulesMayBeGivenAtAnyLevelAndAreIndexedInACopy) {
    for (const fs::path& given : {tree_, tree_ / "lib/modules", modules_}) {
        const auto kernel = obtain_kernel(ImageFile{image_, given});
        ASSERT_TRUE(kernel) << kernel.error().message();
        EXPECT_EQ(kernel->label, fmt::format("file:{},modules={}", image_.string(), given.string()))
            << "commands of a report are made from it";
        EXPECT_NE(kernel->modules_root, tree_);
        EXPECT_TRUE(fs::exists(kernel->modules_root / "lib/modules/1.2.3/modules.dep.bin"));
        EXPECT_FALSE(fs::exists(modules_ / "modules.dep.bin")) << "the user's directory was written to";
    }
}

TEST_F(KernelTest, ModulesOfAnotherKernelAreRefused) {
    fs::rename(modules_, modules_.parent_path() / "9.9.9");
    const auto kernel = obtain_kernel(ImageFile{image_, tree_});
    ASSERT_FALSE(kernel);
    EXPECT_EQ(kernel.error().fault(), Fault::usage);
    EXPECT_THAT(kernel.error().message(), HasSubstr("lib/modules/1.2.3"));
}

TEST_F(KernelTest, WhatStandsForModulesIsBounded) {
    for (const bool is_indexed : {false, true}) {
        if (is_indexed) {
            ASSERT_TRUE(write_file(modules_ / "modules.dep.bin", ""));
        }
        const fs::path fifo = modules_ / "x.ko.xz";
        ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
        auto kernel = obtain_kernel(ImageFile{image_, tree_});
        ASSERT_FALSE(kernel);
        EXPECT_EQ(kernel.error().fault(), Fault::usage);
        EXPECT_THAT(kernel.error().message(), HasSubstr("x.ko.xz"));
        EXPECT_THAT(kernel.error().message(), HasSubstr("a FIFO"));
        fs::remove(fifo);
        ASSERT_TRUE(write_file(modules_ / "sparse.ko", ""));
        fs::resize_file(modules_ / "sparse.ko", std::uintmax_t{300} << 20U);
        kernel = obtain_kernel(ImageFile{image_, tree_});
        ASSERT_FALSE(kernel);
        EXPECT_EQ(kernel.error().fault(), Fault::usage);
        EXPECT_THAT(kernel.error().message(), HasSubstr("sparse.ko"));
        fs::remove(modules_ / "sparse.ko");
    }
    EXPECT_TRUE(!fs::exists(dir_.path() / "cache/blkhang/modules") ||
                fs::is_empty(dir_.path() / "cache/blkhang/modules"));
}

TEST_F(KernelTest, ModulesThatLeadOutOfTheirDirectoryAreRefused) {
    fs::remove(modules_);
    fs::create_directory(dir_.path() / "elsewhere");
    fs::create_directory_symlink("../../../elsewhere", modules_);
    const auto kernel = obtain_kernel(ImageFile{image_, tree_});
    ASSERT_FALSE(kernel);
    EXPECT_EQ(kernel.error().fault(), Fault::usage);
    EXPECT_THAT(kernel.error().message(), HasSubstr("leads out of"));
    fs::remove(modules_);
    fs::rename(tree_ / "lib", tree_ / "usr");
    fs::create_directory_symlink("usr", tree_ / "lib");
    fs::create_directory(modules_);
    EXPECT_TRUE(obtain_kernel(ImageFile{image_, tree_})) << "a merged /usr";
}

TEST_F(KernelTest, NamesBeyondAllFileSystemsAreTheUsersMistake) {
    const std::string far = "/" + std::string(5000, 'x');
    for (const KernelSpec& spec :
         {KernelSpec(BuildTree{far}), KernelSpec(ImageFile{far, {}}), KernelSpec(ImageFile{image_, far})}) {
        const auto kernel = obtain_kernel(spec);
        ASSERT_FALSE(kernel);
        EXPECT_EQ(kernel.error().fault(), Fault::usage) << kernel.error().message();
    }
}

TEST_F(KernelTest, TreeThatWasNotBuiltIsRefused) {
    const auto kernel = obtain_kernel(BuildTree{tree_});
    ASSERT_FALSE(kernel);
    EXPECT_EQ(kernel.error().fault(), Fault::usage);
}

TEST_F(KernelTest, UnknownSeriesAndSuitesAreNamedBeforeAnyNetwork) {
    const auto series = obtain_kernel(DebSeries{"6.11"});
    ASSERT_FALSE(series);
    EXPECT_EQ(series.error().fault(), Fault::usage);
    EXPECT_THAT(series.error().message(), HasSubstr("6.12"));

    const auto suite = obtain_kernel(DebPackage{"linux-image-6.1.0-56-cloud-amd64", "", "bokworm"});
    ASSERT_FALSE(suite);
    EXPECT_EQ(suite.error().fault(), Fault::usage);
    EXPECT_THAT(suite.error().message(), HasSubstr("did you mean 'bookworm'"));
}

TEST_F(KernelTest, NoHeadersIsSaidWithAWayOut) {
    auto kernel = obtain_kernel(ImageFile{image_, {}});
    ASSERT_TRUE(kernel);
    const auto build_tree = obtain_build_tree(*kernel);
    ASSERT_FALSE(build_tree);
    EXPECT_THAT(build_tree.error().message(), HasSubstr("tree:DIR"));
}

TEST_F(KernelTest, NothingIsBuiltInWhatCameWithAnImage) {
    fs::create_directories(modules_ / "build");
    ASSERT_TRUE(write_file(modules_ / "build/Makefile", "modules:\n\ttouch pwned\n"));
    ASSERT_TRUE(write_file(modules_ / "modules.dep.bin", ""));
    auto kernel = obtain_kernel(ImageFile{image_, tree_});
    ASSERT_TRUE(kernel) << kernel.error().message();
    const auto build_tree = obtain_build_tree(*kernel);
    ASSERT_FALSE(build_tree) << *build_tree;
    EXPECT_EQ(build_tree.error().fault(), Fault::unsupported);
}

TEST_F(KernelTest, UnpackedPackageIsUnderstoodInBothLayouts) {
    const auto in_boot = kernel_in_tree(tree_);
    ASSERT_TRUE(in_boot) << in_boot.error().message();
    EXPECT_EQ(in_boot->image, image_);

    fs::rename(image_, modules_ / "vmlinuz");
    const auto in_modules = kernel_in_tree(tree_);
    ASSERT_TRUE(in_modules) << in_modules.error().message();
    EXPECT_EQ(in_modules->release, "1.2.3");
    EXPECT_EQ(in_modules->image, modules_ / "vmlinuz");

    fs::remove(modules_ / "vmlinuz");
    EXPECT_FALSE(kernel_in_tree(tree_));
}

TEST_F(KernelTest, HeadersAreRelocated) {
    const fs::path headers = tree_ / "usr/src/linux-headers-1.2.3";
    fs::create_directories(headers);
    ASSERT_TRUE(write_file(headers / "Makefile", "include /usr/src/linux-headers-1.2-common/Makefile\n"));
    ASSERT_TRUE(relocate_headers(tree_, "/cache/headers/x"));
    EXPECT_EQ(read_file(headers / "Makefile").value(),
              "include /cache/headers/x/usr/src/linux-headers-1.2-common/Makefile\n");
}

}  // namespace
}  // namespace blkhang
