// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "machine/device_header.h"
#include "machine/device_use.h"

namespace blkhang {

/// The kernel that this runs on.
const DeviceSystem& linux_devices();

/// A device that is held, and what is known of it. As long as the descriptor is open nobody mounts it, swaps to it,
/// makes it part of an md array or a map, or opens it exclusively, and udev stays away from it.
struct DeviceClaim : DeviceUse {
    Fd fd;  ///< O_RDONLY | O_EXCL; none if that was refused, of which a reason tells
};

/// From a path, any that leads to it, to the device by its number; that is opened exclusively, and then all is asked
/// that may speak against it. An error if it is no device at all; reasons are no error.
Result<DeviceClaim> claim_device(const std::filesystem::path& path, const HostRoots& roots = {},
                                 const DeviceSystem& system = linux_devices());

/// One that carries blkhang's header for this purpose and against which nothing speaks. A refusal lists all reasons.
Result<DeviceClaim> claim_prepared_device(const std::filesystem::path& path, DevicePurpose purpose,
                                          const HostRoots& roots = {}, const DeviceSystem& system = linux_devices());

/// Is `fd` open on the very device that was claimed? Its name may be another disk's by now. Before each series of
/// writes.
Status check_still_the_same(const DeviceClaim& claim, int fd, const DeviceSystem& system = linux_devices());
inline Status check_still_the_same(const DeviceClaim& claim) { return check_still_the_same(claim, claim.fd.get()); }

/// What the user has to say to have a device prepared.
struct PrepareRequest {
    std::string serial;      ///< as identity_of() or the WWN; empty if none was given
    bool overwrite = false;  ///< give up what is on it
};
/// What a device is called: its serial number, else its WWN, else its name and its size ("pmem0-8388608").
std::string identity_of(const DeviceUse& use);
/// May blkhang's header be written to it? If not, says all that is against it, or what it is called.
Status may_prepare(const DeviceUse& use, const PrepareRequest& request);

/// All reasons as an error.
Error refusal(const DeviceUse& use);

}  // namespace blkhang
