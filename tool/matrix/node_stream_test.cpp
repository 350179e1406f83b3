// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/node_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class NodeStreamTest : public testing::Test {
protected:
    Result<NodeStream> take(const std::string& text) {
        EXPECT_TRUE(write_file(stream_, text));
        return take_in(stream_, dir_.path());
    }
    [[nodiscard]] std::string file(const char* name) const { return read_file(dir_.path() / name).value_or("none"); }

    TempDir dir_ = TempDir::make("node-stream-test").value();
    fs::path stream_ = dir_.path() / "stream";
};

TEST_F(NodeStreamTest, FilesOfARecordAreTakenIn) {
    const auto taken = take("job 12 n2\nfile cell.log 3\nab\nfile record.json 2\n{}end 1\n");
    ASSERT_TRUE(taken) << taken.error().message();
    EXPECT_EQ(taken->job, 12U);
    EXPECT_EQ(taken->node, "n2");
    EXPECT_EQ(taken->exit_code, 1);
    EXPECT_EQ(file("cell.log"), "ab\n");
    EXPECT_EQ(file("record.json"), "{}");
}

TEST_F(NodeStreamTest, OneThatBreaksOffHasNoExitCodeWhereverThatIs) {
    const std::string whole = "job 12 n2\nfile record.json 2\n{}end 1\n";
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto taken = take(whole.substr(0, length));
        ASSERT_TRUE(taken) << length << taken.error().message();
        EXPECT_EQ(taken->exit_code, std::nullopt) << length;
    }
    EXPECT_EQ(node_of(stream_).job, 12U);
}

TEST_F(NodeStreamTest, NothingElseOfAStrangersIsWritten) {
    for (const char* const text : {
             "file record.json 2\n{}end 0\n",
             "job x n2\nend 0\n",
             "job 1 ../n2\nend 0\n",
             "job 1 n2\nfile ../stolen 2\nab\nend 0\n",
             "job 1 n2\nfile exit 2\n0\nend 0\n",
             "job 1 n2\nfile cell.json 2\n{}end 0\n",
             "job 1 n2\nfile profile.toml 999999999999\nab",
             "job 1 n2\nfile profile.toml -1\nab",
             "job 1 n2\nfile profile.toml 1\naend 0\nmore",
             "job 1 n2\nfile profile.toml 1\nafile profile.toml 1\nbend 0\n",
             "job 1 n2\nend 256\n",
             "job 1 n2\nnonsense\n",
         }) {
        const auto taken = take(text);
        ASSERT_FALSE(taken) << text;
        EXPECT_THAT(taken.error().message(), HasSubstr("what the node sent is no record"));
    }
    EXPECT_FALSE(take(std::string(1'000'000, 'x')));
    EXPECT_FALSE(fs::exists(dir_.path().parent_path() / "stolen"));
    EXPECT_FALSE(fs::exists(dir_.path() / "exit"));
}

TEST_F(NodeStreamTest, WhoseOneWithoutEndIsCanBeTold) {
    ASSERT_TRUE(write_file(stream_, "job 12 n2\nfile record.json 2\n"));
    fs::resize_file(stream_, largest_node_stream() + 1);
    EXPECT_EQ(node_of(stream_).job, 12U);
    EXPECT_FALSE(take_in(stream_, dir_.path()));
}

TEST_F(NodeStreamTest, ALinkInTheWayIsNotFollowed) {
    ASSERT_TRUE(write_file(dir_.path() / "mine", "mine"));
    fs::create_symlink("mine", dir_.path() / "cell.log");
    ASSERT_TRUE(take("job 12 n2\nfile cell.log 3\nab\nend 0\n"));
    EXPECT_EQ(file("mine"), "mine");
}

}  // namespace
}  // namespace blkhang
