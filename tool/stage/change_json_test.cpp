// SPDX-License-Identifier: GPL-2.0-only
#include "stage/change_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/every_change.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

std::string with(std::string text, const std::string& what, const std::string& instead) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), instead);
}

TEST(ChangeJson, EveryKindComesBackAsItWas) {
    for (const auto& change : every_change("/")) {
        const auto text = encode_change(change);
        ASSERT_TRUE(text) << text.error().message();
        EXPECT_EQ(text->find('\n'), std::string::npos);
        EXPECT_LE(text->size(), kLongestChange);
        const auto back = decode_change(*text);
        ASSERT_TRUE(back) << back.error().message();
        EXPECT_EQ(*back, change) << *text;
    }
}

TEST(ChangeJson, IsReadByPeopleToo) {
    EXPECT_EQ(encode_change(change::Swap{"/dev/vdb"}).value(), R"({"kind":"swap","disk":"/dev/vdb","diskseq":null})");
    EXPECT_EQ(encode_change(change::Knob{"/sys/block/vdb/queue/scheduler", "", "none", 7}).value(),
              R"({"kind":"knob","file":"/sys/block/vdb/queue/scheduler","disk":"","old_value":"none","diskseq":7})");
}

TEST(ChangeJson, AMemberMoreOrLessIsRefused) {
    for (const auto& change : every_change("/")) {
        const auto text = encode_change(change).value();
        EXPECT_FALSE(decode_change(with(text, "{", R"({"more":1,)"))) << text;
        const auto last = text.rfind(",\"");
        EXPECT_FALSE(decode_change(text.substr(0, last) + "}")) << text;
    }
}

TEST(ChangeJson, APathThatLeadsElsewhereIsRefused) {
    for (const auto* path :
         {"", "dev/vdb", "/dev/../etc/passwd", "/dev/./vdb", "/dev//vdb", "/", "/dev/", "..", R"(/dev/v\u0000db)"}) {
        const auto text = with(R"({"kind":"swap","disk":"PATH","diskseq":null})", "PATH", path);
        const auto change = decode_change(text);
        ASSERT_FALSE(change) << text;
        EXPECT_THAT(change.error().message(), HasSubstr("'disk'"));
    }
    EXPECT_FALSE(decode_change(R"({"kind":"swap","disk":"/)" + std::string(5000, 'x') + "\"}"));
}

TEST(ChangeJson, ANameThatIsNoneIsRefused) {
    const std::string module = R"({"kind":"module","name":"NAME"})";
    EXPECT_TRUE(decode_change(with(module, "NAME", "null_blk")));
    for (const auto* name : {"", "../x", "a/b", "-f", "a b"}) {
        EXPECT_FALSE(decode_change(with(module, "NAME", name))) << name;
    }
    const std::string knob =
        R"({"kind":"knob","file":"/sys/fs/cgroup/io.max","disk":"DISK","old_value":null,"diskseq":null})";
    EXPECT_TRUE(decode_change(with(knob, "DISK", "")));
    EXPECT_TRUE(decode_change(with(knob, "DISK", "254:16")));
    for (const auto* disk : {"254", ":", "254:", ":16", "254:16 wbps=1", "a:b", "-1:0", "12345678901:0"}) {
        EXPECT_FALSE(decode_change(with(knob, "DISK", disk))) << disk;
    }
}

TEST(ChangeJson, AProcessThatNobodyMayKillIsRefused) {
    const std::string process = R"({"kind":"process","name":"blkhang-writer","pid":PID})";
    EXPECT_TRUE(decode_change(with(process, "PID", "4711")));
    for (const auto* pid : {"1", "0", "-1", "-4711", "2.5", "\"4711\"", "null", "9999999999", "18446744073709551615"}) {
        EXPECT_FALSE(decode_change(with(process, "PID", pid))) << pid;
    }
}

TEST(ChangeJson, ANumberThatIsNoneIsRefused) {
    const std::string swap = R"({"kind":"swap","disk":"/dev/vdb","diskseq":NUMBER})";
    const std::string file = R"({"kind":"file","path":"/disk0","inode":NUMBER})";
    EXPECT_TRUE(decode_change(with(swap, "NUMBER", "7")));
    EXPECT_TRUE(decode_change(with(file, "NUMBER", "18446744073709551615")));
    EXPECT_FALSE(decode_change(with(file, "NUMBER", "null")));
    for (const auto* number : {"-1", "7.0", "\"7\"", "18446744073709551616", "[7]", "true"}) {
        EXPECT_FALSE(decode_change(with(swap, "NUMBER", number))) << number;
        EXPECT_FALSE(decode_change(with(file, "NUMBER", number))) << number;
    }
}

TEST(ChangeJson, APageIsWhole) {
    const auto text =
        encode_change(change::SwapHeader{"/dev/vdb", std::string(4096, '\0'), std::string(16, 'u')}).value();
    EXPECT_FALSE(decode_change(with(text, "00\"}", "\"}")));
    EXPECT_FALSE(decode_change(with(text, "00\"}", "0g\"}")));
    EXPECT_FALSE(decode_change(with(text, "00\"}", "0000\"}")));
    EXPECT_FALSE(encode_change(change::SwapHeader{"/dev/vdb", "short", std::string(16, 'u')}));
}

TEST(ChangeJson, WhatIsNoChangeIsRefused) {
    for (const auto* text : {"", "{", "[]", "null", "{}", R"({"kind":1})", R"({"kind":"format the disk"})", "\xff"}) {
        EXPECT_FALSE(decode_change(text)) << text;
    }
    EXPECT_FALSE(decode_change(std::string(kLongestChange + 1, ' ')));
    EXPECT_FALSE(decode_change(std::string(kLongestChange, '[')));
}

TEST(ChangeJson, WhatWouldNotComeBackIsNotKept) {
    EXPECT_FALSE(encode_change(change::Swap{"/dev/\xff"}));
    EXPECT_FALSE(encode_change(change::File{"relative"}));
    EXPECT_FALSE(encode_change(change::Knob{"/proc/sys/vm/x", "", std::string(5000, '1')}));
    EXPECT_FALSE(encode_change(change::Process{"x", 1}));
}

}  // namespace
}  // namespace blkhang
