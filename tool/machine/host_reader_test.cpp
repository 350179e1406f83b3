// SPDX-License-Identifier: GPL-2.0-only
#include "machine/host_reader.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HostReaders : public FakeHost {};

TEST_F(HostReaders, WhatIsThereAndWhatIsNot) {
    put("sys/a/number", "12 34\n");
    put("sys/a/text", "  two words \n");
    put("sys/a/negative", "-1\n");
    HostReader host = reader();
    EXPECT_EQ(host.number(at("sys/a/number")), 12);
    EXPECT_EQ(host.number(at("sys/a/negative")), -1);
    EXPECT_EQ(host.number(at("sys/a/text")), std::nullopt);
    EXPECT_EQ(host.text(at("sys/a/text")), "two words");
    EXPECT_EQ(host.text(at("sys/a/none")), "");
    EXPECT_THAT(host.names(at("sys/a")), ElementsAre("negative", "number", "text"));
    EXPECT_THAT(host.left_out(), IsEmpty()) << "that something is not there is no secret";
}

TEST_F(HostReaders, WhatIsDeniedIsKept) {
    put("etc/secret", "x");
    std::filesystem::permissions(at("etc/secret"), std::filesystem::perms::none);
    HostReader host = reader();
    const uid_t before = ::geteuid();
    if (before == 0) {  // whom nothing is denied
        constexpr uid_t kNobody = 65534;
        ASSERT_EQ(::seteuid(kNobody), 0);
    }
    const std::string text = host.text(at("etc/secret"));
    ASSERT_EQ(::seteuid(before), 0);
    EXPECT_EQ(text, "");
    EXPECT_THAT(host.left_out(), ElementsAre(at("etc/secret").string()));
}

TEST_F(HostReaders, WhereAPathOfTheMachineIsAndWhatIsThere) {
    put("proc/12/comm", " two words \n");
    put("proc/3/comm", "a\n");
    put("proc/self/comm", "b\n");
    put("proc/1x/comm", "c\n");
    EXPECT_EQ(line_of(at("proc/12/comm")), "two words");
    EXPECT_EQ(line_of(at("proc/12/none")), "");
    EXPECT_THAT(names_in(at("proc")), ElementsAre("12", "1x", "3", "self"));
    EXPECT_THAT(names_in(at("none")), IsEmpty());
    EXPECT_THAT(process_numbers(at("proc")), ElementsAre("12", "3"));
    EXPECT_EQ(injected(roots(), "/var/../dev/vda"), at("dev/vda"));
    EXPECT_EQ(injected(roots(), "/variety"), "/variety");
    EXPECT_EQ(reader().below_roots("/var/a"), at("var/a"));
}

TEST(PlainPath, HasItsBlanksBack) {
    EXPECT_EQ(plain_path("/a\\040b\\134"), "/a b\\");
    EXPECT_EQ(plain_path("/a\\9"), "/a\\9");
}

}  // namespace
}  // namespace blkhang
