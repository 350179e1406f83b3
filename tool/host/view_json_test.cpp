// SPDX-License-Identifier: GPL-2.0-only
#include "host/view_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "host/device_table.h"
#include "host/testing/sample_view.h"

namespace blkhang {
namespace {

TEST(ViewJson, HoldsWhatTheTablesSay) {
    HostView view = with_rule(sample_view(), "bfq");
    view.keepers.pstore = "erst";
    const auto json = view_json(view);
    EXPECT_EQ(json["kernel"]["release"], "6.1.0-test") << "as it always was";
    EXPECT_EQ(json["kernel"]["fingerprints"]["freeze_noio"], "no");
    EXPECT_EQ(json["swap_queues"][0]["disks"][0], "vda");
    EXPECT_EQ(json["writers"][0]["value"], "bfq");
    EXPECT_EQ(json["evidence"]["pstore"]["backend"], "erst");
    EXPECT_EQ(json["evidence"]["sysrq"], nullptr);
    EXPECT_EQ(json["memory_pressure"], nullptr);
    bool found = false;
    for (const auto& member : json["family"]) {
        if (member["name"] == "elv-bfq") {
            found = true;
            EXPECT_EQ(member["here"]["trigger"], "present");
        }
        EXPECT_EQ(member.contains("here"), member["hangs"] && member["state"] != "closed") << member["name"];
    }
    EXPECT_TRUE(found);
}

/// Every key of the schema is there, and no other: a program that reads one finds it.
TEST(ViewJson, HasTheKeysOfItsSchema) {
    const auto text = read_file(BLKHANG_SOURCE_DIR "/reports/check.schema.json");
    ASSERT_TRUE(text) << text.error().message();
    const auto schema = nlohmann::json::parse(*text);
    auto json = view_json(sample_view());
    json["tier"] = nullptr;
    json["devices"] = devices_json(std::vector<DeviceUse>{});
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) {
        keys.push_back(key);
        EXPECT_TRUE(schema["properties"].contains(key)) << key;
    }
    for (const auto& key : schema["required"]) {
        EXPECT_NE(std::find(keys.begin(), keys.end(), key.get<std::string>()), keys.end()) << key;
    }
    EXPECT_EQ(schema["required"].size(), keys.size());
}

}  // namespace
}  // namespace blkhang
