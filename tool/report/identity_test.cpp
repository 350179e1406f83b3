// SPDX-License-Identifier: GPL-2.0-only
#include "report/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "record/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string replaced(const std::string& text) {
    Pseudonyms pseudonyms;
    pseudonyms.learn_text(text);
    return pseudonyms.in_text(text);
}

TEST(Pseudonyms, OneForEachAndTheSameEverywhere) {
    EXPECT_EQ(replaced("10.0.0.1 10.0.0.2 10.0.0.1"), "192.0.2.1 192.0.2.2 192.0.2.1");
    EXPECT_EQ(replaced("fe80::5054:1 52:54:00:12:34:56"), "2001:db8::1 02:00:00:00:00:01");
    EXPECT_EQ(replaced("x 5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6"), "x 00000000-0000-0000-0000-000000000001");
    EXPECT_EQ(replaced("/home/alice /home/bob1 /home/alice"), "/home/user-1 /home/user-2 /home/user-1");
    EXPECT_EQ(replaced("serial=ABC123 serial=DEF456"), "serial=serial-1 serial=serial-2");
}

TEST(Pseudonyms, ANameLearnedOnceIsFoundWhereNothingAnnouncesIt) {
    Pseudonyms pseudonyms;
    pseudonyms.learn_text("hostname=kvm7\nUSER=alice serial=S3Z2NB0K");
    EXPECT_EQ(pseudonyms.in_text("on KVM7 by Alice, alice_vm, kvm7.lab, disk S3Z2NB0K; kvm77 malice"),
              "on host-1 by user-1, user-1_vm, host-1.lab, disk serial-1; kvm77 malice");
    EXPECT_EQ(pseudonyms.in_text("alice_probe+0x12/0x34"), "alice_probe+0x12/0x34");
}

TEST(Pseudonyms, AHostIsTheSameWithAndWithoutItsDomain) {
    Pseudonyms pseudonyms;
    pseudonyms.learn_text("kvm7.lab.example.com");
    EXPECT_EQ(pseudonyms.in_text("kvm7 kvm7.lab.example.com"), "host-1 host-1");
}

TEST(Pseudonyms, ANameLikeAWordOfTheTradeIsReplacedOnlyWhereItIsAnnounced) {
    Pseudonyms pseudonyms;
    pseudonyms.learn_text("/home/percpu/x hostname=linux USER=reclaim");
    EXPECT_EQ(pseudonyms.in_text("percpu_alloc in reclaim on linux; /home/percpu/x"),
              "percpu_alloc in reclaim on linux; /home/user-1/x");
}

TEST(Pseudonyms, ASecondTimeNothingChanges) {
    const std::string once = replaced(
        "Nov 22 20:00:00 kvm7 sshd[1]: Accepted password for alice from 10.0.0.9 52:54:00:12:34:56 fe80::5054:1 "
        "serial=ABC123 5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6 alice@kvm7.example.com");
    EXPECT_EQ(
        once,
        "Nov 22 20:00:00 host-1 sshd[1]: Accepted password for user-1 from 192.0.2.1 02:00:00:00:00:01 2001:db8::1 "
        "serial=serial-1 00000000-0000-0000-0000-000000000001 user-1@host-1");
    EXPECT_EQ(replaced(once), once);
}

TEST(Pseudonyms, ManyAddressesStayApart) {
    Pseudonyms pseudonyms;
    std::set<std::string> given;
    for (int i = 0; i < 2000; ++i) {
        given.insert(pseudonyms.in_text(fmt::format("10.7.{}.{}", i / 250, i % 250)));
    }
    EXPECT_EQ(given.size(), 2000U);
    EXPECT_THAT(given, testing::Each(Not(HasSubstr("10.7."))));
}

TEST(Pseudonyms, JsonKeepsItsFormAndItsKeys) {
    Json json = {{"hostname", "kvm7"}, {"user", "alice"}, {"list", {"on kvm7", 1.5, nullptr}}, {"alice", "6.1.192"}};
    Pseudonyms pseudonyms;
    pseudonyms.learn_json(json);
    EXPECT_TRUE(pseudonyms.in_json(json));
    EXPECT_EQ(json.dump(), R"({"hostname":"host-1","user":"user-1","list":["on host-1",1.5,null],"alice":"6.1.192"})");
    EXPECT_FALSE(pseudonyms.in_json(json));
}

TEST(Pseudonyms, ARecordOfAGuestHoldsNothingToReplace) {
    for (const char* name : {"self-deadlock", "kswapd-cycle", "vanished", "thrash", "lost-events", "nested-nowait"}) {
        const std::string text = encode(replay::record(name));
        Json json = Json::parse(text);
        Pseudonyms pseudonyms;
        pseudonyms.learn_json(json);
        EXPECT_FALSE(pseudonyms.in_json(json)) << json.dump(1);
        EXPECT_EQ(replaced(text), text);
    }
}

}  // namespace
}  // namespace blkhang
