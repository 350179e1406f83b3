// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/task_names.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/file.h"

namespace blkhang {

void TaskNames::read(const std::filesystem::path& proc) {
    std::error_code gone;  // tasks may end meanwhile
    for (const auto& process : std::filesystem::directory_iterator(proc, gone)) {
        for (const auto& task : std::filesystem::directory_iterator(process.path() / "task", gone)) {
            const auto number = task.path().filename().string();
            std::uint32_t pid = 0;
            if (std::from_chars(number.data(), number.data() + number.size(), pid).ec != std::errc{}) {
                continue;
            }
            if (const auto name = read_file(task.path() / "comm")) {
                learn(pid, std::string_view(*name).substr(0, name->find('\n')));
            }
        }
    }
}

void TaskNames::learn(std::uint32_t pid, std::string_view name) {
    Name& kept = names_[pid];
    kept.fill('\0');
    name = name.substr(0, std::min(name.find('\0'), kRoom - 1));
    std::ranges::copy(name, kept.begin());
}

TaskNames::Name TaskNames::name(std::uint32_t pid) const {
    const auto found = names_.find(pid);
    return found == names_.end() ? Name{} : found->second;
}

}  // namespace blkhang
