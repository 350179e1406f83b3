// SPDX-License-Identifier: GPL-2.0-only
#include "guest/host_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

HostFacts good_host() {
    HostFacts facts;
    facts.release = "6.1.0-99-cloud-amd64";
    facts.qemu = "/usr/bin/qemu-system-x86_64";
    facts.stress_ng = "/usr/bin/stress-ng";
    facts.cgroups = {{2, "/sys/fs/cgroup", {"io", "memory"}}};
    return facts;
}

TEST(HostTable, OnlyWhatGuestsNeedIsMissing) {
    EXPECT_TRUE(ready(host_rows(good_host())));

    HostFacts facts = good_host();
    facts.qemu.reset();
    EXPECT_FALSE(ready(host_rows(facts)));
    EXPECT_THAT(table_text(host_rows(facts), false), HasSubstr("missing not found (apt-get install qemu-system-x86)"));
}

TEST(HostTable, ColourOnlyWhenAsked) {
    const auto rows = host_rows(good_host());
    EXPECT_THAT(table_text(rows, false), Not(HasSubstr("\x1b[")));
    EXPECT_THAT(table_text(rows, true), HasSubstr("\x1b["));
}

TEST(HostTable, JsonSaysTheSame) {
    const auto json = host_json(good_host());
    EXPECT_EQ(json["kernel"]["release"], "6.1.0-99-cloud-amd64");
    EXPECT_EQ(json["cgroups"][0]["controllers"][0], "io");
    EXPECT_EQ(json["programs"]["qemu"], "/usr/bin/qemu-system-x86_64");
    EXPECT_TRUE(json["programs"]["make"].is_null());
    EXPECT_EQ(json["ready"], true);
}

}  // namespace
}  // namespace blkhang
