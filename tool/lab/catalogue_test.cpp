// SPDX-License-Identifier: GPL-2.0-only
#include "lab/catalogue.h"

#include <gmock/gmock.h>

namespace blkhang {
namespace {

using testing::ElementsAre;

constexpr std::string_view kMadison = R"(
linux-image-6.1.0-50-cloud-amd64 |  6.1.176-1 | http://deb.example/debian bookworm/main amd64 Packages
linux-image-6.1.0-50-cloud-amd64 |  6.1.176-1 | http://deb.example/debian-security bookworm-security/main amd64 Packages
linux-image-6.1.0-56-cloud-amd64 |  6.1.192-2 | http://deb.example/debian-security bookworm-security/main amd64 Packages
linux-image-6.1.0-55-cloud-amd64 |  6.1.192-1 | http://deb.example/debian-security bookworm-security/main amd64 Packages
N: a note that apt felt like making
)";

TEST(Madison, IsReadLineByLine) {
    const auto versions = parse_madison(kMadison);
    ASSERT_EQ(versions.size(), 4);
    EXPECT_EQ(versions[1], (PackageVersion{"linux-image-6.1.0-50-cloud-amd64", "6.1.176-1", "bookworm-security"}));
    EXPECT_TRUE(parse_madison("").empty());
}

TEST(Madison, NamesThatLeadElsewhereAreNoPackages) {
    for (const char* line :
         {"../../etc | 6.1 | http://deb.example/debian bookworm/main amd64 Packages",
          "linux-image-6.1.0-50-cloud-amd64 | 1/../../../x | http://deb.example/debian bookworm/main amd64 Packages",
          "linux-image-6.1.0-50-cloud-amd64 | 6.1 | http://deb.example/debian ../main amd64 Packages",
          "-oDir=/ | 6.1 | http://deb.example/debian bookworm/main amd64 Packages"}) {
        EXPECT_TRUE(parse_madison(line).empty()) << line;
    }
}

TEST(Catalogue, TakesTheNewest) {
    const auto versions = parse_madison(kMadison);
    ASSERT_NE(newest(versions), nullptr);
    EXPECT_EQ(newest(versions)->package, "linux-image-6.1.0-56-cloud-amd64");
    EXPECT_EQ(newest({}), nullptr);
}

TEST(Catalogue, TellsBootableCloudImagesFromTheRest) {
    EXPECT_TRUE(is_cloud_image("linux-image-6.1.0-56-cloud-amd64", "6.1"));
    EXPECT_TRUE(is_cloud_image("linux-image-6.12.117+deb12-cloud-amd64", "6.12"));
    EXPECT_TRUE(is_cloud_image("linux-image-6.12.90+deb13.1-cloud-amd64", "6.12"));
    for (const char* other :
         {"linux-image-6.12.117+deb12-cloud-amd64", "linux-image-6.1-cloud-amd64", "linux-image-6.1.0-56-amd64",
          "linux-image-6.1.0-56-cloud-amd64-dbg", "linux-image-6.1.0-56-cloud-amd64-unsigned", "linux-image-6.1.",
          "linux-image-6.1.0-0.deb11.50-cloud-amd64"}) {
        EXPECT_FALSE(is_cloud_image(other, "6.1")) << other;
    }
}

// Each row was checked against dpkg --compare-versions.
TEST(Versions, OrderAsDpkgOrdersThem) {
    const std::pair<const char*, const char*> ascending[] = {
        {"6.1.99-1", "6.1.192-1"},
        {"6.1.192-1", "6.1.192-2"},
        {"7.3.4-1~bpo13+1", "7.3.4-1"},
        {"6.12.90-1~bpo12+1", "6.12.90-2"},
        {"9", "1:1"},
        {"1.0~rc1", "1.0"},
        {"6.12.101-1~deb12u1", "6.12.101-1"},
        {"1.0", "1.0+b1"},
        {"1a", "1+"},
    };
    for (const auto& [older, newer] : ascending) {
        EXPECT_LT(compare_versions(older, newer), 0) << older << " " << newer;
        EXPECT_GT(compare_versions(newer, older), 0) << older << " " << newer;
    }
    EXPECT_EQ(compare_versions("6.01-1", "6.1-1"), 0);
}

TEST(Catalogue, FindsThePartsOfSplitPackages) {
    EXPECT_THAT(companion_packages("kmod, linux-base (>= 4.3~), initramfs-tools | linux-initramfs-tool"),
                ElementsAre());
    EXPECT_THAT(companion_packages("dracut | linux-initramfs-tool, linux-base-7.1.7 (= 7.1.7-1), "
                                   "linux-binary-7.1.7+deb13-cloud-amd64 (= 7.1.7-1), linux-modules-7.1.7 (= 7.1.7-1)"),
                ElementsAre("linux-binary-7.1.7+deb13-cloud-amd64", "linux-modules-7.1.7"));
    EXPECT_THAT(companion_packages("linux-modules-../../x, linux-kbuild-`id`"), ElementsAre());
    EXPECT_THAT(companion_packages("linux-headers-6.1.0-56-common (= 6.1.192-2), linux-kbuild-6.1 (>= 6.1.192-2), "
                                   "linux-compiler-gcc-12-x86"),
                ElementsAre("linux-headers-6.1.0-56-common", "linux-kbuild-6.1"));
}

TEST(Catalogue, NamesEverySuiteOnce) {
    const auto suites = suite_names();
    EXPECT_THAT(suites, testing::Contains("bookworm-security").Times(1));
    EXPECT_THAT(series_names(), testing::Contains("6.1"));
}

}  // namespace
}  // namespace blkhang
