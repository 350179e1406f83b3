// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "stage/guest_site.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {

/// For tests: a fake machine as the guest that a profile with one swap disk gets.
struct FakeGuest : FakeMachine {
    FakeGuest() {
        tree.disk("vda", "254:0");
        tree.disk("vdb", "254:16");
    }
    GuestSite site{staging, cgroups, tree.at("stress-ng")};
};

}  // namespace blkhang
