// SPDX-License-Identifier: GPL-2.0-only
#include "base/result.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Error, PrintsTheChainOutermostFirstAndTheHintLast) {
    const Error error = Error(Fault::broken, "no such device")
                            .within("writing io.max")
                            .within("staging writer 7")
                            .hint("attach a disk");
    EXPECT_EQ(error.message(), "staging writer 7: writing io.max: no such device (attach a disk)");
}

TEST(Error, InnermostHintWins) {
    const Error error = Error(Fault::usage, "x").hint("inner").within("y").hint("outer");
    EXPECT_EQ(error.message(), "y: x (inner)");
}

TEST(Error, FromErrnoNamesTheReason) {
    const Error error = Error::from_errno(ENOENT, "opening /x");
    EXPECT_EQ(error.fault(), Fault::broken);
    EXPECT_EQ(error.message(), "opening /x: No such file or directory");
}

TEST(Error, FailErrnoTakesTheCurrentErrno) {
    errno = EACCES;
    const Status status = fail_errno("opening /x");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "opening /x: Permission denied");
}

TEST(Error, FailWithinKeepsTheFault) {
    const Status inner = fail(Fault::unsupported, "no BTF");
    const Status outer = fail_within(inner.error(), "loading probes");
    EXPECT_EQ(outer.error().fault(), Fault::unsupported);
    EXPECT_EQ(outer.error().message(), "loading probes: no BTF");
}

TEST(Error, ToldAreAllOfSeveral) {
    const Error error = Error(Fault::usage, std::vector<std::string>{"a", "b"}).within("reading x").hint("see y");
    EXPECT_EQ(error.messages(), (std::vector<std::string>{"reading x: a", "b (see y)"}));
    EXPECT_EQ(error.message(), "reading x: a\nb (see y)");
}

}  // namespace
}  // namespace blkhang
