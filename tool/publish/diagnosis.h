// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/diagnosis.h"
#include "klog/story.h"
#include "report/text/record.h"

namespace blkhang {

/// The formats that a diagnosis can be written in, the default first.
inline constexpr std::string_view kDiagnosisFormats[] = {"text", "html", "mail", "json"};

/// With file and line behind each frame of its stacks, as far as the kernel image `vmlinux` knows them, see
/// symbolize(); and with frames of their own for the functions that the compiler inlined there, which a log does not
/// show: what a task waits for or holds is told by these, too.
Result<LogStory> with_lines(LogStory story, const std::filesystem::path& vmlinux);

/// A diagnosis in one of them. `sources` are the names of what was read. A mail goes to others: what tells whose
/// machine it was is replaced in it, as in a bundle.
Result<std::string> write_diagnosis(const Diagnosis& diagnosis, std::string_view format,
                                    const std::vector<std::string>& sources, const TextOptions& options);

}  // namespace blkhang
