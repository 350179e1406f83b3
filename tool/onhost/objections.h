// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "onhost/host_run_request.h"
#include "onhost/situation.h"

namespace blkhang {

/// What keeps a run from being started on this host: sentences, each with what would help. All of them, not only the
/// first.
struct Objections {
    std::vector<std::string> refused;   ///< no consent helps
    std::vector<std::string> consents;  ///< what the user has to accept, with the option that does
    [[nodiscard]] bool none() const { return refused.empty() && consents.empty(); }
};

/// What a virtual machine is called here: as libvirt or systemd call its group, else by its process.
std::string name_of(const VirtualMachine& machine);

/// `profile` is the one that would be run. Pure.
Objections objections(const HostRunRequest& request, const Profile& profile, const HostSituation& situation);

}  // namespace blkhang
