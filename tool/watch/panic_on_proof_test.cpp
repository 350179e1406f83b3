// SPDX-License-Identifier: GPL-2.0-only
#include "watch/panic_on_proof.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PanicOnProof, OnlyWhereTheHostComesBackFromIt) {
    CrashKeepers keepers;
    EXPECT_THAT(reasons_against_panic(keepers), ElementsAre(HasSubstr("could not be read")));
    keepers.panic_timeout = 0;
    EXPECT_THAT(reasons_against_panic(keepers), ElementsAre(HasSubstr("kernel.panic is 0, and no kdump is loaded")));
    keepers.kdump_loaded = true;
    EXPECT_THAT(reasons_against_panic(keepers), IsEmpty());
    keepers.kdump_loaded = false;
    for (const int seconds : {10, -1}) {  // -1: at once
        keepers.panic_timeout = seconds;
        EXPECT_THAT(reasons_against_panic(keepers), IsEmpty());
    }
}

class PanicOfHost : public FakeHost {};

TEST_F(PanicOfHost, AllThatSpeaksAgainstItIsToldAtOnce) {
    put("proc/sys/kernel/panic", "0\n");
    const auto panic = PanicOnProof::prepare(roots());
    ASSERT_FALSE(panic);
    EXPECT_EQ(panic.error().fault(), Fault::unsupported);
    EXPECT_THAT(panic.error().message(), HasSubstr("kernel.panic is 0"));
    EXPECT_THAT(panic.error().message(), HasSubstr("sysrq-trigger: No such file"));
}

TEST_F(PanicOfHost, ARehearsalPanicsNothing) {
    put("proc/sys/kernel/panic", "10\n");
    put("proc/sysrq-trigger", "");
    const auto panic = PanicOnProof::prepare(roots());
    ASSERT_TRUE(panic);
    (*panic)->rehearse();
    EXPECT_EQ(read_file(roots().proc / "sysrq-trigger").value(), "");
}

TEST_F(PanicOfHost, WhereNothingKeepsItThatIsSaid) {
    put("proc/sys/kernel/panic", "10\n");
    put("proc/sysrq-trigger", "");
    const auto panic = PanicOnProof::prepare(roots());
    ASSERT_TRUE(panic);
    EXPECT_THAT((*panic)->doubt(), HasSubstr("nothing here keeps a panic"));
    put("sys/module/pstore/parameters/backend", "erst\n");
    EXPECT_THAT((*PanicOnProof::prepare(roots()))->doubt(), IsEmpty());
}

}  // namespace
}  // namespace blkhang
