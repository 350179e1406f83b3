// SPDX-License-Identifier: GPL-2.0-only
#include "lab/plant.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(Plants, UnknownOneIsTheUsersMistake) {
    Kernel kernel;
    const auto plant = build_plant("sink-alloc", kernel);
    ASSERT_FALSE(plant);
    EXPECT_EQ(plant.error().fault(), Fault::usage);
    EXPECT_THAT(plant.error().message(), HasSubstr("did you mean 'sync-alloc'"));
    EXPECT_THAT(plant.error().message(), HasSubstr("worker-alloc"));
}

/// A build tree whose makefile stands for kbuild: it shows what is asked of the real one.
class PlantBuildTest : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("XDG_CACHE_HOME", (dir_.path() / "cache").c_str(), 1);
        fs::create_directories(tree_);
        ASSERT_TRUE(write_file(tree_ / "Module.symvers", "0x0 alloc_percpu vmlinux EXPORT_SYMBOL\n"));
        makefile(
            "\tcp $(M)/sync-alloc.c $(M)/sync-alloc.ko\n\ttest -f $(M)/redirect.h -a -f $(M)/Kbuild\n\techo >> "
            "builds\n");
    }
    void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }
    void makefile(const std::string& recipe) { ASSERT_TRUE(write_file(tree_ / "Makefile", "modules:\n" + recipe)); }
    TempDir dir_ = TempDir::make("plant-test").value();
    fs::path tree_ = dir_.path() / "tree";
    Kernel kernel_{"1.2.3", "test", "", "", dir_.path() / "tree", {}, ""};
};

TEST_F(PlantBuildTest, IsBuiltOncePerSourceAndKernel) {
    const auto first = build_plant("sync-alloc", kernel_);
    ASSERT_TRUE(first) << first.error().message();
    const auto second = build_plant("sync-alloc", kernel_);
    ASSERT_TRUE(second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(read_file(tree_ / "builds").value(), "\n");
    EXPECT_THAT(read_file(*first).value(), HasSubstr("pair_supply"));
}

TEST_F(PlantBuildTest, OtherSymbolsMeanAnotherModule) {
    const auto first = build_plant("sync-alloc", kernel_);
    ASSERT_TRUE(write_file(tree_ / "Module.symvers", "0x1 alloc_percpu vmlinux EXPORT_SYMBOL\n"));
    const auto second = build_plant("sync-alloc", kernel_);
    ASSERT_TRUE(first && second);
    EXPECT_NE(*first, *second);
}

TEST_F(PlantBuildTest, CompilerErrorsReachTheUser) {
    makefile("\t@echo 'sync-alloc.c:1: error: no such kernel' >&2; false\n");
    const auto plant = build_plant("sync-alloc", kernel_);
    ASSERT_FALSE(plant);
    EXPECT_EQ(plant.error().fault(), Fault::broken);
    EXPECT_THAT(plant.error().message(), HasSubstr("no such kernel"));
}

}  // namespace
}  // namespace blkhang
