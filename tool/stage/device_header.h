// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "machine/device_claim.h"

namespace blkhang {

/// The claimed device once more, to write to it: by descriptor, not by name, and only if it is still the same. Flags
/// such as O_DIRECT are added to O_RDWR.
Result<Fd> open_claimed_for_writing(const DeviceClaim& claim, int flags, const DeviceSystem& system = linux_devices());

/// A header with a UUID of its own.
Result<DeviceHeader> new_device_header(const DeviceUse& use, DevicePurpose purpose);

/// Puts zeros over the first and the last MiB, where signatures are, and then the header; reads it back. Whoever calls
/// this has asked may_prepare(). No ledger is told: it is what the user asked for, and is not undone.
Status write_device_header(const DeviceClaim& claim, const DeviceHeader& header,
                           const DeviceSystem& system = linux_devices());

}  // namespace blkhang
