// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/file.h"
#include "stage/roots.h"
#include "stage/testing/unprivileged.h"

namespace blkhang {

/// For tests: a machine's files in a directory of their own. Who makes one is nobody from then on.
class FakeTree {
public:
    FakeTree() : dir_(make()), roots_(Roots::make(paths(dir_.path())).value()) {
        for (const auto* root : {&roots_.proc(), &roots_.sys(), &roots_.dev(), &roots_.cgroup(), &roots_.tmp()}) {
            std::filesystem::create_directories(*root);
        }
    }

    [[nodiscard]] const Roots& roots() const { return roots_; }
    [[nodiscard]] std::filesystem::path at(std::string_view file) const { return dir_.path() / file; }
    void put(std::string_view file, std::string_view content) const {
        std::filesystem::create_directories(at(file).parent_path());
        if (!write_file(at(file), content)) {
            throw std::runtime_error("cannot write " + at(file).string());
        }
    }
    [[nodiscard]] std::string get(std::string_view file) const { return read_file(at(file)).value_or("(none)"); }

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
    static TempDir make() {
        become_nobody();
        return TempDir::make("fake_tree").value();
    }
    static RootPaths paths(const std::filesystem::path& top) {
        return {.proc = top / "proc",
                .sys = top / "sys",
                .dev = top / "dev",
                .cgroup = top / "sys/fs/cgroup",
                .tmp = top / "tmp"};
    }

    TempDir dir_;
    Roots roots_;
};

}  // namespace blkhang
