// SPDX-License-Identifier: GPL-2.0-only
#include "base/program.h"

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Sets PATH for one test.
class PathIs {
public:
    explicit PathIs(const std::string& value) : before_(std::getenv("PATH")) { setenv("PATH", value.c_str(), 1); }
    PathIs(const PathIs&) = delete;
    PathIs& operator=(const PathIs&) = delete;
    ~PathIs() { setenv("PATH", before_.c_str(), 1); }

private:
    std::string before_;
};

TEST(FindProgram, TakesTheFirstExecutableInPath) {
    const TempDir dir = TempDir::make("program_test").value();
    for (const char* place : {"one", "two", "three"}) {
        fs::create_directory(dir.path() / place);
        ASSERT_TRUE(write_file(dir.path() / place / "tool", "#!/bin/sh\n"));
    }
    fs::permissions(dir.path() / "two/tool", fs::perms::owner_all);
    fs::permissions(dir.path() / "three/tool", fs::perms::owner_all);
    const PathIs path(fmt::format("{0}/none::{0}/one:{0}/two:{0}/three", dir.path().string()));
    EXPECT_EQ(find_program("tool").value(), dir.path() / "two/tool");
    EXPECT_EQ(find_program((dir.path() / "three/tool").string()).value(), dir.path() / "three/tool");
    EXPECT_FALSE(find_program((dir.path() / "one/tool").string()));
}

TEST(FindProgram, NamesThePackageWhereKnown) {
    const PathIs path("/nonexistent");
    EXPECT_EQ(find_program("stress-ng").error().message(),
              "program 'stress-ng' not found (install the Debian package that provides it: apt install stress-ng)");
    EXPECT_THAT(find_program("frobnicate").error().message(), HasSubstr("program 'frobnicate' not found"));
}

}  // namespace
}  // namespace blkhang
