// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/testing/file_tree.h"
#include "stage/ledger.h"
#include "stage/roots.h"
#include "stage/testing/unprivileged.h"

namespace blkhang {

/// For tests: a machine's files in a directory of their own. Who makes one is nobody from then on.
class FakeTree : public FileTree {
public:
    FakeTree() : FileTree(as_nobody()), roots_(Roots::make(paths(at(""))).value()) {
        for (const auto* root : {&roots_.proc(), &roots_.sys(), &roots_.dev(), &roots_.cgroup(), &roots_.tmp()}) {
            std::filesystem::create_directories(*root);
        }
    }

    [[nodiscard]] const Roots& roots() const { return roots_; }
    [[nodiscard]] std::string get(std::string_view file) const { return read_file(at(file)).value_or("(none)"); }

    /// 0 if there is none.
    [[nodiscard]] std::uint64_t inode(std::string_view file) const { return identity(file).inode; }
    [[nodiscard]] change::FileIdentity identity(std::string_view file) const {
        struct stat found {};
        return ::lstat(at(file).c_str(), &found) == 0 ? change::FileIdentity{found.st_dev, found.st_ino}
                                                      : change::FileIdentity{};
    }

    /// A disk of so many pages, full of 'x'.
    void disk(const std::string& name, const std::string& number, std::size_t pages = 4) const {
        constexpr std::size_t kPage = 4096;
        put("dev/" + name, std::string(pages * kPage, 'x'));
        put("sys/class/block/" + name + "/dev", number + "\n");
    }
    /// What is mounted, as the tree's kernel tells.
    void mounted(std::string_view type, const std::filesystem::path& where) const {
        put("proc/self/mounts", read_file(at("proc/self/mounts")).value_or("") + std::string(type) + " " +
                                    where.string() + " " + std::string(type) + " rw 0 0\n");
    }

private:
    static const char* as_nobody() {
        become_nobody();
        return "fake_tree";
    }
    static RootPaths paths(const std::filesystem::path& top) {
        return {.proc = top / "proc",
                .sys = top / "sys",
                .dev = top / "dev",
                .cgroup = top / "sys/fs/cgroup",
                .tmp = top / "tmp"};
    }

    Roots roots_;
};

}  // namespace blkhang
