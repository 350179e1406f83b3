// SPDX-License-Identifier: GPL-2.0-only
#include "watch/task_count.h"

#include <charconv>

#include "base/file.h"

namespace blkhang {

std::uint32_t count_tasks(const std::filesystem::path& proc) {
    const auto text = read_file(proc / "loadavg").value_or("");
    const auto slash = text.find('/');
    std::uint32_t tasks = 0;
    if (slash != std::string::npos) {
        std::from_chars(text.data() + slash + 1, text.data() + text.size(), tasks);
    }
    return tasks;
}

}  // namespace blkhang
