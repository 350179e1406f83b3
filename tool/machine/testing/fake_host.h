// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/testing/file_tree.h"
#include "machine/host_reader.h"

namespace blkhang {

/// A tree that stands for a machine.
class FakeHost : public testing::Test, protected FileTree {
protected:
    FakeHost() : FileTree("host") {}
    [[nodiscard]] HostRoots roots() const {
        return {at("proc"), at("sys"), at("dev"), at("etc"), at("var"), at("run"), at("usr"), at("boot")};
    }
    [[nodiscard]] HostReader reader() const { return HostReader{roots()}; }
    void put_directory(const std::filesystem::path& path) const { std::filesystem::create_directories(at(path)); }
    /// /sys has disks in three places.
    void put_disk(const std::string& name, const std::string& number) {
        put(std::filesystem::path("sys/block") / name / "dev", number + "\n");
        link(std::filesystem::path("sys/class/block") / name, std::filesystem::path("../../block") / name);
        link(std::filesystem::path("sys/dev/block") / number, std::filesystem::path("../../block") / name);
    }
    void put_partition(const std::string& disk, const std::string& name, const std::string& number) {
        const auto place = std::filesystem::path("block") / disk / name;
        put(std::filesystem::path("sys") / place / "partition", "1\n");
        link(std::filesystem::path("sys/class/block") / name, std::filesystem::path("../..") / place);
        link(std::filesystem::path("sys/dev/block") / number, std::filesystem::path("../..") / place);
    }
    void put_slave(const std::string& above, const std::string& below) {
        put_directory(std::filesystem::path("sys/block") / above / "slaves" / below);
    }
};

}  // namespace blkhang
