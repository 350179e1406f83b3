// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "stage/staging.h"
#include "stage/testing/fake_cgroups.h"
#include "stage/testing/fake_syscalls.h"
#include "stage/testing/fake_tree.h"
#include "stage/testing/recording_ledger.h"

namespace blkhang {

/// For tests: a machine that can be changed in every way, with one journal of all of it. Its cgroups are v2, with
/// throttles, and not mounted yet.
struct FakeMachine {
    FakeMachine() {
        cgroups.mounts = {{"io", tree.roots().cgroup()}, {"memory", tree.roots().cgroup()}};
        cgroups.knobs = {"io.max"};
        calls.brings["mount cgroup2"] = [this] { tree.put("sys/fs/cgroup/cgroup.controllers", "cpu io memory\n"); };
        tree.put("proc/swaps", "");
        tree.put("proc/sys/vm/swappiness", "60\n");
    }
    FakeTree tree;
    RecordingLedger ledger;
    FakeSyscalls calls{ledger.journal};
    FakeCgroups cgroups{ledger.journal};
    Staging staging{tree.roots(), ledger, calls};
};

}  // namespace blkhang
