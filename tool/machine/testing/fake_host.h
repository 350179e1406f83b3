// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"
#include "machine/host_reader.h"

namespace blkhang {

/// A tree that stands for a machine.
class FakeTree : public testing::Test {
protected:
    void SetUp() override {
        auto directory = TempDir::make("host");
        ASSERT_TRUE(directory) << directory.error().message();
        directory_.emplace(std::move(*directory));
    }
    [[nodiscard]] std::filesystem::path at(const std::filesystem::path& path) const {
        return directory_->path() / path;
    }
    [[nodiscard]] HostRoots roots() const {
        return {at("proc"), at("sys"), at("dev"), at("etc"), at("var"), at("run"), at("usr"), at("boot")};
    }
    [[nodiscard]] HostReader reader() const { return HostReader{roots()}; }
    void put(const std::filesystem::path& path, const std::string& content) {
        std::filesystem::create_directories(at(path).parent_path());
        const auto status = write_file(at(path), content);
        ASSERT_TRUE(status) << status.error().message();
    }
    void put_directory(const std::filesystem::path& path) { std::filesystem::create_directories(at(path)); }
    void put_link(const std::filesystem::path& path, const std::filesystem::path& target) {
        std::filesystem::create_directories(at(path).parent_path());
        std::filesystem::create_symlink(target, at(path));
    }
    /// /sys has disks in three places.
    void put_disk(const std::string& name, const std::string& number) {
        put(std::filesystem::path("sys/block") / name / "dev", number + "\n");
        put_link(std::filesystem::path("sys/class/block") / name, std::filesystem::path("../../block") / name);
        put_link(std::filesystem::path("sys/dev/block") / number, std::filesystem::path("../../block") / name);
    }
    void put_partition(const std::string& disk, const std::string& name, const std::string& number) {
        const auto place = std::filesystem::path("block") / disk / name;
        put(std::filesystem::path("sys") / place / "partition", "1\n");
        put_link(std::filesystem::path("sys/class/block") / name, std::filesystem::path("../..") / place);
        put_link(std::filesystem::path("sys/dev/block") / number, std::filesystem::path("../..") / place);
    }
    void put_slave(const std::string& above, const std::string& below) {
        put_directory(std::filesystem::path("sys/block") / above / "slaves" / below);
    }

private:
    std::optional<TempDir> directory_;
};

}  // namespace blkhang
