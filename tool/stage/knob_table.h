// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Files of the kernel's that are tables of disks, as io.max is. What such a file reads is not always what may be
/// written to it.
namespace blkhang {

/// The line of a disk ("MAJOR:MINOR") in a table.
std::optional<std::string> line_of_disk(std::string_view content, std::string_view disk);

/// What is written to the file of this name ("io.max") so that the disk has the line `old` again, or, without it, none
/// or one that means nothing. Nothing if it is not known how that is done.
std::optional<std::string> line_to_write_back(std::string_view file, std::string_view disk,
                                              const std::optional<std::string>& old);

/// Is it as if that had been written?
bool is_line_back(std::string_view file, std::string_view content, std::string_view disk,
                  const std::optional<std::string>& old);

}  // namespace blkhang
