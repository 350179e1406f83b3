// SPDX-License-Identifier: GPL-2.0-only
#include "publish/tar_zst.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class TarZst : public testing::Test {
protected:
    Status pack(const std::vector<std::pair<std::string, std::string>>& contents, std::time_t modified) const {
        std::vector<Member> members;
        for (const auto& [path, content] : contents) {
            members.push_back({path, [content = content]() -> Result<std::string> { return content; }});
        }
        return write_tar_zst(file_, std::move(members), modified);
    }
    /// What tar itself takes out of it.
    std::string content_of(const std::string& member) {
        const auto deadline = Deadline::after(std::chrono::seconds(30));
        const auto out = command_stdout({"tar", "--zstd", "-xOf", file_.string(), member}, deadline);
        return out ? *out : out.error().message();
    }

    TempDir home_ = TempDir::make("blkhang-tar-").value();
    fs::path file_ = home_.path() / "x.tar.zst";
};

TEST_F(TarZst, MembersOfAnySize) {
    const std::string large(3'000'001, 'x');
    const std::string block(512, 'y');
    const std::string bytes("\0\xff\n", 3);
    ASSERT_TRUE(pack({{"b/large", large}, {"a", ""}, {"block", block}, {"bytes", bytes}}, 1000));
    EXPECT_EQ(content_of("b/large"), large);
    EXPECT_EQ(content_of("a"), "");
    EXPECT_EQ(content_of("block"), block);
    EXPECT_EQ(content_of("bytes"), bytes);
}

TEST_F(TarZst, PathsOfAnyLengthThatHasRoom) {
    const std::string directory(100, 'd');
    for (const std::size_t length : {1, 98, 99, 100}) {
        const std::string path = directory + "/" + std::string(length, 'n');
        ASSERT_TRUE(pack({{path, "here"}}, 0)) << length;
        EXPECT_EQ(content_of(path), "here") << length;
    }
    ASSERT_TRUE(pack({{std::string(100, 'n'), "here"}}, 0));
    EXPECT_EQ(content_of(std::string(100, 'n')), "here");
    for (const std::string& path : {std::string(101, 'n'), directory + "/" + std::string(101, 'n'),
                                    std::string(156, 'd') + "/" + std::string(100, 'n')}) {
        EXPECT_FALSE(pack({{path, ""}}, 0)) << path;
    }
}

TEST_F(TarZst, TheOrderOfMembersDoesNotMatter) {
    ASSERT_TRUE(pack({{"a", "1"}, {"b", "2"}}, 7));
    const std::string once = read_file(file_).value();
    ASSERT_TRUE(pack({{"b", "2"}, {"a", "1"}}, 7));
    EXPECT_EQ(read_file(file_).value(), once);
}

TEST_F(TarZst, AMemberThatCannotBeReadLeavesNoArchive) {
    const Status packed = write_tar_zst(file_,
                                        {{"a", [] { return Result<std::string>("here"); }},
                                         {"b", [] { return Result<std::string>(fail(Fault::usage, "b is gone")); }}},
                                        0);
    ASSERT_FALSE(packed);
    EXPECT_THAT(packed.error().message(), testing::HasSubstr("b is gone"));
    EXPECT_FALSE(fs::exists(file_));
}

}  // namespace
}  // namespace blkhang
