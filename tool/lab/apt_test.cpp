// SPDX-License-Identifier: GPL-2.0-only
#include "lab/apt.h"

#include <gmock/gmock.h>

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTargets =
    "http://other.example/nodistro/ nodistro\n"
    "http://deb.example/debian/ bookworm\n"
    "http://deb.example/debian/ bookworm-updates\n"
    "http://sec.example/debian-security/ bookworm-security\n";

TEST(Mirrors, AreThoseOfTheHost) {
    const auto mirrors = parse_mirrors(kTargets);
    ASSERT_TRUE(mirrors) << mirrors.error().message();
    EXPECT_EQ(mirrors->archive, "http://deb.example/debian/");
    EXPECT_EQ(mirrors->security, "http://sec.example/debian-security/");
}

TEST(Mirrors, HostWithoutDebianIsToldSo) {
    const auto mirrors = parse_mirrors("http://archive.example/ubuntu/ noble\n");
    ASSERT_FALSE(mirrors);
    EXPECT_EQ(mirrors.error().fault(), Fault::unsupported);
    EXPECT_THAT(mirrors.error().message(), HasSubstr("file:BZIMAGE"));
}

TEST(SourcesList, SendsEachSuiteToItsMirrorAndChecksSignatures) {
    const Mirrors mirrors{"http://deb.example/debian/", "http://sec.example/debian-security/"};
    const std::string text = sources_list(mirrors, {"trixie", "trixie-security"});
    EXPECT_THAT(text, HasSubstr("] http://deb.example/debian/ trixie main\n"));
    EXPECT_THAT(text, HasSubstr("] http://sec.example/debian-security/ trixie-security main\n"));
    EXPECT_THAT(text, HasSubstr("signed-by="));
    EXPECT_THAT(text, Not(HasSubstr("trusted=yes")));
}

TEST(SourcesList, LeavesOutSecurityWithoutItsMirror) {
    EXPECT_THAT(sources_list({"http://deb.example/debian/", ""}, {"trixie", "trixie-security"}),
                Not(HasSubstr("trixie-security")));
}

}  // namespace
}  // namespace blkhang
