// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "report/mail/mail.h"

namespace blkhang {

/// Finds file and line of every frame `function+0xOFFSET/0xSIZE` in the kernel image that `vmlinux` is, with its debug
/// information, through addr2line. Frames of modules stay as they are, and so do all beyond some 2,000 different ones.
/// The sizes of the functions must be those in the stacks: an image of another build is refused, rather than lines of
/// other code shown.
Result<DecodedFrames> symbolize(const std::filesystem::path& vmlinux, const std::vector<Stack>& stacks);

}  // namespace blkhang
