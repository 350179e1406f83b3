// SPDX-License-Identifier: GPL-2.0-only
#include "record/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "judge/observation.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr FileKind kThing{"thing", "blkhang-thing/2", "make it again", "look beside it"};

std::string schema_error(std::string_view text) {
    const auto json = parse(text, kThing);
    EXPECT_FALSE(json);
    EXPECT_EQ(json ? Fault::broken : json.error().fault(), Fault::usage);
    return json ? "" : json.error().message();
}

TEST(Parse, ReadsItsOwnKindAndVersion) {
    const auto json = parse(" {\"schema\": \"blkhang-thing/2\", \"a\": [\"[[[\\\"{{\"]}\n", kThing);
    ASSERT_TRUE(json) << json.error().message();
    EXPECT_EQ((*json)["a"][0], "[[[\"{{");
}

TEST(Parse, TellsOtherVersionsAndForeignFiles) {
    EXPECT_THAT(schema_error(R"({"schema": "blkhang-thing/1"})"),
                HasSubstr("the thing is blkhang-thing/1, this blkhang reads blkhang-thing/2"));
    EXPECT_THAT(schema_error(R"({"schema": "blkhang-thing/1"})"), HasSubstr("(make it again)")) << "the one before";
    EXPECT_THAT(schema_error(R"({"schema": "blkhang-thing/0"})"), HasSubstr("(make it again)"));
    for (const std::string version : {"2x", "-2", "", "+2", " 2", "2.1", "99999999999999999999"}) {
        EXPECT_THAT(schema_error(R"({"schema": "blkhang-thing/)" + version + "\"}"),
                    HasSubstr("not a thing of blkhang"));
    }
    EXPECT_LT(schema_error(R"({"schema": ")" + std::string(1 << 20, 'x') + "\"}").size(), 200U);
    EXPECT_THAT(schema_error(R"({"schema": "blkhang-thing/3"})"), HasSubstr("newer blkhang"));
    EXPECT_THAT(schema_error(R"({"schema": "blkhang-other/2"})"), HasSubstr("not a thing of blkhang"));
    EXPECT_THAT(schema_error(R"({"schema": 2})"), HasSubstr("not a thing of blkhang"));
    EXPECT_THAT(schema_error("[1, 2]"), HasSubstr("not a thing of blkhang"));
    EXPECT_THAT(schema_error("null"), HasSubstr("not a thing of blkhang"));
}

TEST(Parse, TellsWhereTheDamageIs) {
    EXPECT_THAT(schema_error("{\n  \"schema\": oops}"),
                HasSubstr("damaged thing: not JSON (in UTF-8) from line 2, column "));
    EXPECT_THAT(schema_error("{\n  \"schema\": \"bl"),
                HasSubstr("damaged thing: not JSON, it was cut short at line 2"));
    EXPECT_THAT(schema_error("{\"schema\": \"\xff\"}"), HasSubstr("not JSON (in UTF-8) from line 1, column 13"));
    EXPECT_THAT(schema_error("{} {}"), HasSubstr("not JSON"));
    EXPECT_THAT(schema_error("{\"a\": 1e999}"), HasSubstr("a number beyond all bounds"));
    EXPECT_THAT(schema_error("x"), HasSubstr("look beside it"));
}

TEST(Parse, AnEmptyFileIsCalledEmpty) {
    EXPECT_THAT(schema_error(""), HasSubstr("damaged thing: it is empty"));
    EXPECT_THAT(schema_error(" \n\t\r\n"), HasSubstr("damaged thing: it is empty"));
}

TEST(Parse, WhatNestsWithoutEndIsRefusedBeforeItCostsAnything) {
    constexpr std::size_t kLevels = 16'000'000;
    const std::string lists(kLevels, '[');
    EXPECT_THAT(schema_error(lists), HasSubstr("it nests 16000000 deep"));
    EXPECT_THAT(schema_error(R"({"schema": "blkhang-thing/2", "a": )" + lists + std::string(kLevels, ']') + "}"),
                HasSubstr("it nests 16000001 deep"));
    std::string objects;
    for (int i = 0; i < 1000; ++i) {
        objects += "{\"a\":";
    }
    EXPECT_THAT(schema_error(objects), HasSubstr("it nests 1000 deep"));
    EXPECT_THAT(schema_error(std::string(1000, ']')), Not(HasSubstr("nests")));
}

TEST(Parse, EveryBeginningOfAFileIsAnErrorAndNoneIsACrash) {
    const std::string whole =
        R"({"schema": "blkhang-thing/2", "a": ["x", {"b": -1.5e3, "c": true}, "\u00fc\\"], "d": null})";
    ASSERT_TRUE(parse(whole, kThing));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_THAT(schema_error(whole.substr(0, length)), HasSubstr("damaged thing")) << length;
    }
}

/// Whoever adds a scope adds it there, too.
TEST(RecordSchema, HasEveryScope) {
    const auto path = std::filesystem::path(BLKHANG_SOURCE_DIR) / "reports/record.schema.json";
    const auto schema = parse_json(read_file(path).value());
    std::vector<std::string> scopes;
    for (int i = 0; i < kScopeCount; ++i) {
        scopes.emplace_back(to_string(static_cast<Scope>(i)));
    }
    EXPECT_EQ(schema.at("$defs").at("scope").at("enum").get<std::vector<std::string>>(), scopes);
}

}  // namespace
}  // namespace blkhang
