// SPDX-License-Identifier: GPL-2.0-only
#include "host/host_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/testing/sample_view.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(HostText, BeginsWithWhatMattersAndEndsWithTheRest) {
    HostView view = sample_view();
    view.left_out = {"/sys/secret"};
    const std::string text = host_text(view, seen::Tier{}, false);
    EXPECT_THAT(text, StartsWith("This kernel (6.1.0-test) leaves"));
    EXPECT_LT(text.find("The family on this kernel"), text.find("What decides that:"));
    EXPECT_LT(text.find("What decides that:"), text.find("Would it be seen?"));
    EXPECT_LT(text.find("Would it be seen?"), text.find("For runs in guests:"));
    EXPECT_THAT(text, HasSubstr("/sys/secret"));
    EXPECT_THAT(host_text(view, fail(Fault::unsupported, "not tried"), false), Not(HasSubstr("takes root")));
    view.facts.root = false;
    EXPECT_THAT(host_text(view, fail(Fault::unsupported, "none works"), false),
                HasSubstr("none works (attaching probes takes root)"));
}

TEST(HostText, ForeignTextMovesNoCursor) {
    HostView view = sample_view();
    view.facts.release = "6.1\x1b[2J";
    view.swaps[0].path.disks = {"vd\x1b[31ma"};
    EXPECT_THAT(host_text(view, seen::Tier{}, false), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace blkhang
