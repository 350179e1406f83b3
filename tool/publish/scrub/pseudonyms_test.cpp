// SPDX-License-Identifier: GPL-2.0-only
#include "publish/scrub/pseudonyms.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "judge/awaited.h"
#include "profile/shipped.h"
#include "record/testing/replay.h"

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

TEST(Pseudonyms, WhatMayBeNoNameIsNotLookedForElsewhere) {
    EXPECT_EQ(replaced("stopped by user reaper7; reaper7_fn"), "stopped by user user-1; reaper7_fn");
    EXPECT_EQ(replaced("Started Session 3 of User dave5.\nx dave5_vm"),
              "Started Session 3 of User user-1.\nx user-1_vm");
    EXPECT_EQ(replaced("by user dave5\n/home/dave5; dave5_vm"), "by user user-1\n/home/user-1; user-1_vm")
        << "sure in the second place";
    EXPECT_EQ(replaced("requested by user dave5@kvm7.lab.example.com; dave5_vm"),
              "requested by user user-1@host-1; user-1_vm")
        << "sure for another reason";
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

/// As in a bundle: this machine's and this user's own names come last.
std::string replaced_of(const std::string& user, const std::string& host, const std::string& text) {
    Pseudonyms pseudonyms;
    pseudonyms.learn_text(text);
    pseudonyms.learn_user(user);
    pseudonyms.learn_host(host);
    return pseudonyms.in_text(text);
}

TEST(Pseudonyms, OwnNamesGoThoughTheyAreShortOrCommon) {
    EXPECT_EQ(replaced_of("bob", "db1", "Bob's on DB1, /srv/bob/x; db1: up. bob"),
              "user-1's on host-1, /srv/user-1/x; host-1: up. user-1");
    EXPECT_EQ(replaced_of("admin", "build", "admin on build, /srv/build/x"), "user-1 on host-1, /srv/host-1/x");
    EXPECT_EQ(replaced_of("pi", "db1.lab.example.com", "pi on db1"), "user-1 on host-1");
    EXPECT_EQ(replaced_of("bob", "x", "/home/bob/y is bob's"), "/home/user-1/y is user-1's") << "announced as well";
}

TEST(Pseudonyms, ACommonNameOfAStrangerGoesOnlyWhereItIsAnnounced) {
    EXPECT_EQ(replaced("/home/bob /home/admin bob, admin"), "/home/user-1 /home/user-2 bob, admin");
}

TEST(Pseudonyms, OwnNamesDoNotGarbleWhatTheyAreNot) {
    const std::string text =
        "root test swap max, Jan 22 00:11:22 6.1.192-bob_x bob_init+0x1/0x2 bob+0x1/0x2 io.bob bob_lock bob=1 "
        "bob = 2 {\"bob\": 3} bobby Code: 48 ed ab /dev/vda console.log 0xada";
    for (const char* name :
         {"bob", "root", "test", "swap", "max", "jan", "ed", "ab", "dev", "log", "x", "user", "ada"}) {
        EXPECT_EQ(replaced_of(name, name, text), text) << name;
    }
}

TEST(Pseudonyms, OwnNamesLikeTermsOfTheRecordStay) {
    const Json json = {{"comm", "sh"}, {"foo", 1}, {"text", "sh and foo, bar"}};
    Pseudonyms pseudonyms;
    pseudonyms.learn_json(json);
    for (const char* name : {"sh", "foo", "bar"}) {
        pseudonyms.learn_user(name);
    }
    Json scrubbed = json;
    EXPECT_TRUE(pseudonyms.in_json(scrubbed));
    EXPECT_EQ(scrubbed["comm"], "sh");
    EXPECT_EQ(scrubbed["text"], "sh and foo, user-3");
}

/// The values of all members of that name.
void collect(const Json& json, std::string_view key, std::set<std::string>& values) {
    for (const auto& [name, value] : json.items()) {
        if (value.is_structured()) {
            collect(value, key, values);
        } else if (name == key && value.is_string()) {
            values.insert(value.get<std::string>());
        }
    }
}

TEST(Pseudonyms, ARecordStaysAsItIsThoughAUserIsCalledByOneOfItsTerms) {
    std::set<std::string> names;
    for (const char* replayed : {"self-deadlock", "kswapd-cycle", "vanished", "thrash", "lost-events"}) {
        const Json record = Json::parse(encode(replay::record(replayed)));
        for (const char* key : {"value", "kind", "ended", "name", "used", "outer", "inner", "accelerator"}) {
            collect(record, key, names);
        }
        for (const auto& [key, value] : record.items()) {
            names.insert(key);
        }
    }
    for (const char* word : {"blkhang", "json", "events", "record", "kmsg", "kvm", "churn", "member"}) {
        names.insert(word);
    }
    ASSERT_GT(names.size(), 20U);
    const Json record = Json::parse(encode(replay::record("self-deadlock")));
    for (const std::string& name : names) {
        Pseudonyms pseudonyms;
        pseudonyms.learn_json(record);
        pseudonyms.learn_user(name);
        pseudonyms.learn_host(name);
        Json scrubbed = record;
        EXPECT_FALSE(pseudonyms.in_json(scrubbed)) << name;
        EXPECT_EQ(pseudonyms.in_text("record.json events.ndjson kmsg.log"), "record.json events.ndjson kmsg.log");
    }
}

/// Whoever adds one need not think of this.
TEST(Pseudonyms, WhatWaitsTiersAndProfilesAreCalledStays) {
    std::vector<std::string> names = shipped_profiles();
    names.insert(names.end(), kTierNames.begin(), kTierNames.end());
    for (int i = 0; i < kWaitKindCount; ++i) {
        names.emplace_back(to_string(static_cast<WaitKind>(i)));
    }
    for (const auto& name : names) {
        Pseudonyms pseudonyms;
        pseudonyms.learn_user(name);
        EXPECT_EQ(pseudonyms.in_text("it was " + name), "it was " + name);
    }
}

TEST(Pseudonyms, ASecondTimeNothingChanges) {
    const std::string once = replaced(
        "Nov 22 20:00:00 kvm7 sshd[1]: Accepted password for alice from 10.0.0.9 52:54:00:12:34:56 fe80::5054:1 "
        "serial=ABC123 5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6 alice@kvm7.example.com 01:52:54:00:12:34:56 "
        "iqn.1993-08.org.debian:01:9b8c WWPN=0x500507630300c562");
    EXPECT_EQ(
        once,
        "Nov 22 20:00:00 host-1 sshd[1]: Accepted password for user-1 from 192.0.2.1 02:00:00:00:00:01 2001:db8::1 "
        "serial=serial-1 00000000-0000-0000-0000-000000000001 user-1@host-1 01:02:00:00:00:00:01 serial-2 "
        "WWPN=serial-3");
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
