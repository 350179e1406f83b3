// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "onhost/host_run_request.h"

/// Options of a run on this host.
namespace blkhang {

void add_host_run_options(boost::program_options::options_description& options);

/// What they say, with the profile resolved; all that can be wrong with them is found here. The directory of the record
/// is chosen, not made.
Result<HostRunRequest> host_run_request(const Invocation& invocation);

/// "--on-this-host --files /srv/spare ...": those of them that were given, as they would be typed again.
std::string host_run_options_again(const Invocation& invocation);

}  // namespace blkhang
