// SPDX-License-Identifier: GPL-2.0-only
#include "machine/cgroup_walk.h"

#include <dirent.h>

#include <algorithm>
#include <deque>
#include <system_error>
#include <vector>

#include "base/directory_stream.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> directories_in(const fs::path& directory) {
    const DirectoryStream open{::opendir(directory.c_str())};
    std::vector<std::string> names;
    while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
        const std::string name = static_cast<const char*>(entry->d_name);
        // The kind is told with the name: a group has dozens of files, which are not to be asked one by one.
        if (entry->d_type == DT_DIR && name != "." && name != "..") {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

bool walk_groups(const fs::path& root, int depth,
                 const std::function<void(const fs::path& directory, const std::string& name)>& visit,
                 std::size_t most) {
    struct Group {
        fs::path directory;
        std::string name;
        int depth;
    };
    std::deque<Group> open{{root, "/", 0}};
    std::size_t visited = 0;
    while (!open.empty()) {
        if (visited++ == most) {
            return false;
        }
        const Group group = std::move(open.front());
        open.pop_front();
        visit(group.directory, group.name);
        if (group.depth == depth) {
            continue;
        }
        for (const std::string& name : directories_in(group.directory)) {
            open.push_back(
                {group.directory / name, (group.name == "/" ? "/" : group.name + "/") + name, group.depth + 1});
        }
    }
    return true;
}

}  // namespace blkhang
