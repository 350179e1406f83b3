// SPDX-License-Identifier: GPL-2.0-only
#include "base/uname.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

TEST(Uname, SaysWhatTheKernelSaysOfItselfInProc) {
    const Uname name = uname_here();
    EXPECT_EQ(name.node, stripped(read_file("/proc/sys/kernel/hostname").value()));
    EXPECT_EQ(name.release, stripped(read_file("/proc/sys/kernel/osrelease").value()));
    EXPECT_EQ(name.version, stripped(read_file("/proc/sys/kernel/version").value()));
    EXPECT_FALSE(name.machine.empty());
}

}  // namespace
}  // namespace blkhang
