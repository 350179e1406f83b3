// SPDX-License-Identifier: GPL-2.0-only
#include "machine/cgroup_walk.h"

#include <gmock/gmock.h>

#include <vector>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

class CgroupWalk : public FakeHost {};

TEST_F(CgroupWalk, EachGroupOnceAndOutermostFirst) {
    put("cg/io.max", "");
    put("cg/b/c/io.max", "");
    put("cg/a/io.max", "");
    std::vector<std::string> names;
    const auto keep = [&](const std::filesystem::path& /*directory*/, const std::string& name) {
        names.push_back(name);
    };
    EXPECT_TRUE(walk_groups(at("cg"), 9, keep));
    EXPECT_THAT(names, ElementsAre("/", "/a", "/b", "/b/c"));
    names.clear();
    EXPECT_TRUE(walk_groups(at("cg"), 1, keep));
    EXPECT_THAT(names, ElementsAre("/", "/a", "/b"));
    names.clear();
    EXPECT_FALSE(walk_groups(at("cg"), 9, keep, 2));
    EXPECT_THAT(names, ElementsAre("/", "/a"));
}

}  // namespace
}  // namespace blkhang
