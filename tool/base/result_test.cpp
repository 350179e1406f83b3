// SPDX-License-Identifier: GPL-2.0-only
#include "base/result.h"

#include <cerrno>
#include <memory>
#include <string>

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

TEST(Error, WhatIsFullOrBrokenIsNobodysMistake) {
    for (const int reason : {ENOSPC, EDQUOT, EFBIG, EIO, EMFILE, ENFILE, ENOMEM}) {
        EXPECT_EQ(Error::from_errno(reason, "x", Fault::usage).fault(), Fault::broken) << reason;
    }
    EXPECT_EQ(Error::from_errno(EACCES, "x", Fault::usage).fault(), Fault::usage);
}

TEST(Error, KeepsErrnoAsAValue) {
    const Error error = Error::from_errno(ENOENT, "opening /x", Fault::usage).within("reading x").hint("see y");
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_EQ(error.errno_value(), ENOENT);
    EXPECT_EQ(Error(Fault::broken, "No such file or directory").errno_value(), std::nullopt);
}

TEST(Error, FailErrnoTakesTheCurrentErrno) {
    errno = EACCES;
    const Status status = fail_errno("opening /x");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "opening /x: Permission denied");
    EXPECT_EQ(status.error().errno_value(), EACCES);
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

Result<int> half_of(int number) {
    return number % 2 == 0 ? Result<int>(number / 2) : fail(Fault::usage, std::to_string(number) + " is odd");
}

TEST(Result, HandsItsValueOnAndKeepsTheFirstFailure) {
    EXPECT_EQ(half_of(8).and_then(half_of).map([](int number) { return number + 1; }).value(), 3);
    EXPECT_EQ(half_of(6).and_then(half_of).and_then(half_of).error().message(), "3 is odd");
    const Status status = half_of(3).map([](int) {});
    EXPECT_EQ(status.and_then([] { return half_of(2); }).error().message(), "3 is odd");
    EXPECT_EQ(half_of(3).map_error([](Error error) { return std::move(error).within("half"); }).error().message(),
              "half: 3 is odd");
}

TEST(Result, MovesWhatCannotBeCopied) {
    using Only = std::unique_ptr<int>;
    const auto taken = Result<Only>(std::make_unique<int>(7)).and_then([](Only only) { return half_of(*only + 1); });
    EXPECT_EQ(taken.value(), 4);
}

TEST(Result, OfABoolIsCopiedAsWhatItIs) {
    Result<bool> failed = fail(Fault::usage, "x");
    Result<bool> copy = failed;
    EXPECT_FALSE(copy.has_value());
    Result<bool> no = false;
    copy = no;
    EXPECT_FALSE(copy.value());
}

}  // namespace
}  // namespace blkhang
