// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// Life of the program as a guest's first process: boots user space, carries out the job in the image, powers off.
[[noreturn]] void guest_main();

}  // namespace blkhang
