// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "machine/host_reader.h"

namespace blkhang {

/// The .config of the running kernel, from where the kernel itself, its package or its modules' directory has it;
/// empty if none has.
std::string read_build_config(HostReader& reader, const std::string& release);

}  // namespace blkhang
