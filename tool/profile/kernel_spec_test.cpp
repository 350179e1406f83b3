// SPDX-License-Identifier: GPL-2.0-only
#include "profile/kernel_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class Form>
Form parsed_as(std::string_view text) {
    const auto spec = parse_kernel_spec(text);
    EXPECT_TRUE(spec) << text;
    EXPECT_TRUE(spec && std::holds_alternative<Form>(*spec)) << text;
    return std::get<Form>(spec.value());
}

std::string spec_error(std::string_view text) {
    const auto spec = parse_kernel_spec(text);
    if (spec) {
        ADD_FAILURE() << text << " was accepted";
        return "";
    }
    EXPECT_EQ(spec.error().fault(), Fault::usage) << text;
    return spec.error().message();
}

TEST(KernelSpec, Series) {
    EXPECT_EQ(parsed_as<DebSeries>("deb:6.1").series, "6.1");
    EXPECT_EQ(parsed_as<DebSeries>("deb:5.10").series, "5.10");
    EXPECT_EQ(parsed_as<DebSeries>("deb:6.99").series, "6.99") << "the suites decide what exists";
}

TEST(KernelSpec, Package) {
    const auto plain = parsed_as<DebPackage>("deb:linux-image-6.1.0-18-cloud-amd64");
    EXPECT_EQ(plain.package, "linux-image-6.1.0-18-cloud-amd64");
    EXPECT_EQ(plain.suite, "");
    const auto suited = parsed_as<DebPackage>("deb:linux-image-amd64@bookworm-backports");
    EXPECT_EQ(suited.package, "linux-image-amd64");
    EXPECT_EQ(suited.suite, "bookworm-backports");
}

TEST(KernelSpec, ExactPackageVersion) {
    const auto pinned =
        parsed_as<DebPackage>("deb:linux-image-6.1.0-56-cloud-amd64=6.1.192-2~bpo12+1@bookworm-security");
    EXPECT_EQ(pinned.package, "linux-image-6.1.0-56-cloud-amd64");
    EXPECT_EQ(pinned.version, "6.1.192-2~bpo12+1");
    EXPECT_EQ(pinned.suite, "bookworm-security");
}

TEST(KernelSpec, ChoiceOfAPlantedKernel) {
    const auto planted = parse_kernel_choice("file:bz,modules=/m,plant=sync-alloc");
    ASSERT_TRUE(planted);
    EXPECT_EQ(planted->kernel, "file:bz,modules=/m");
    EXPECT_EQ(planted->plant, "sync-alloc");
    const auto stock = parse_kernel_choice("deb:6.1");
    ASSERT_TRUE(stock);
    EXPECT_EQ(stock->plant, "");
    EXPECT_FALSE(parse_kernel_choice("deb:6.1,plant="));
    EXPECT_FALSE(parse_kernel_choice("dbe:6.1,plant=sync-alloc"));
}

TEST(KernelSpec, ListKeepsOptionsWithTheirKernel) {
    EXPECT_THAT(split_kernels("deb:6.1"), testing::ElementsAre("deb:6.1"));
    EXPECT_THAT(split_kernels("deb:6.1,file:bz,modules=/m,deb:7.3,plant=x,running"),
                testing::ElementsAre("deb:6.1", "file:bz,modules=/m", "deb:7.3,plant=x", "running"));
    EXPECT_THAT(split_kernels("deb:6.1,,"), testing::ElementsAre("deb:6.1", "", ""));
}

TEST(KernelSpec, ImageTreeAndRunning) {
    const auto monolithic = parsed_as<ImageFile>("file:/boot/bzImage");
    EXPECT_EQ(monolithic.image, "/boot/bzImage");
    EXPECT_EQ(monolithic.modules, "");
    const auto modular = parsed_as<ImageFile>("file:bzImage,modules=/lib/modules/6.1:x");
    EXPECT_EQ(modular.image, "bzImage");
    EXPECT_EQ(modular.modules, "/lib/modules/6.1:x");
    EXPECT_EQ(parsed_as<BuildTree>("tree:/usr/src/linux").directory, "/usr/src/linux");
    parsed_as<RunningKernel>("running");
}

TEST(KernelSpec, EveryErrorNamesTheForms) {
    for (const char* text : {"",
                             "deb",
                             "deb:",
                             "deb:6.1.2",
                             "deb:6",
                             "deb:6.",
                             "deb:.1",
                             "deb:6.1@bookworm",
                             "deb:Linux",
                             "deb:linux@",
                             "deb:linux@book worm",
                             "deb:linux=",
                             "deb:linux=x1",
                             "deb:=1",
                             "file:",
                             "file:,modules=x",
                             "file:x,modules=",
                             "file:x,module=y",
                             "tree:",
                             "running:",
                             "rpm:6.1",
                             "6.1",
                             "/boot/vmlinuz"}) {
        EXPECT_THAT(spec_error(text), HasSubstr("deb:PACKAGE[=VERSION][@SUITE], file:BZIMAGE[,modules=DIR]")) << text;
    }
}

TEST(KernelSpec, ErrorsGuessWhatWasMeant) {
    EXPECT_THAT(spec_error("deb:6.1.2"), HasSubstr("did you mean 'deb:6.1'"));
    EXPECT_THAT(spec_error("deb:6,12"), AllOf(HasSubstr("not a series"), HasSubstr("did you mean '6.12'?")));
    EXPECT_THAT(spec_error("dbe:6.1"), HasSubstr("did you mean 'deb'?"));
    EXPECT_THAT(spec_error("runing"), HasSubstr("did you mean 'running'?"));
    EXPECT_THAT(spec_error("6.1"), HasSubstr("did you mean 'deb:6.1'?"));
    EXPECT_THAT(spec_error("/boot/vmlinuz"), HasSubstr("'file:/boot/vmlinuz'"));
    EXPECT_THAT(spec_error("file:x,module=y"), HasSubstr("found 'module=y'"));
}

}  // namespace
}  // namespace blkhang
