// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stage/syscalls.h"

namespace blkhang {

/// For tests: calls that change nothing but a journal, and fail where a test wants them to.
class FakeSyscalls final : public Syscalls {
public:
    explicit FakeSyscalls(std::vector<std::string>& journal) : journal_(journal) {}

    std::map<std::string, int> fails;  ///< errno by the call's line in the journal
    /// What a mount brings with it, by that line: called when it succeeds.
    std::map<std::string, std::function<void()>> brings;

    [[nodiscard]] int mount(const std::string& type, const std::filesystem::path& /*where*/,
                            const std::string& options) override {
        return made("mount " + type + (options.empty() ? "" : " " + options));
    }
    [[nodiscard]] int unmount(const std::filesystem::path& where) override {
        return made("unmount " + where.filename().string());
    }
    [[nodiscard]] int unmount_unused(const std::filesystem::path& where) override { return unmount(where); }
    /// Really, with all that is in it: the kernel's own go with their files.
    [[nodiscard]] int remove_directory(const std::filesystem::path& directory) override {
        const int failed = made("remove " + directory.filename().string());
        if (failed == 0) {
            std::filesystem::remove_all(directory);
        }
        return failed;
    }
    [[nodiscard]] int remove_module(const std::string& name) override { return made("remove module " + name); }
    [[nodiscard]] int insert_module(const std::filesystem::path& file) override {
        return made("insert " + file.stem().string());
    }
    [[nodiscard]] int swap_on(const std::filesystem::path& disk, int priority) override {
        const int failed = made("swap on " + disk.filename().string());
        priorities.push_back(priority);
        return failed;
    }
    [[nodiscard]] int swap_off(const std::filesystem::path& disk) override {
        return made("swap off " + disk.filename().string());
    }
    [[nodiscard]] int find_free_loop(int /*control*/, int& number) override {
        number = free_loop;
        return made("find a loop disk");
    }
    [[nodiscard]] int attach_loop(int /*disk*/, int /*file*/, const std::filesystem::path& name) override {
        return made("attach " + name.filename().string());
    }
    [[nodiscard]] int file_in_loop(int /*disk*/, change::FileIdentity& file) override {
        file = in_loop.value_or(change::FileIdentity{});
        return in_loop ? 0 : ENXIO;
    }
    [[nodiscard]] int detach_loop(int /*disk*/) override { return made("detach loop"); }
    [[nodiscard]] int connect_nbd(int /*disk*/, int /*socket*/, std::uint64_t block, std::uint64_t blocks) override {
        nbd_bytes = block * blocks;
        return made("connect nbd");
    }
    void run_nbd(int /*disk*/) override {}
    [[nodiscard]] int disconnect_nbd(int /*disk*/) override { return made("disconnect nbd"); }
    [[nodiscard]] int kill_process(pid_t pid) override { return made("kill " + std::to_string(pid)); }
    [[nodiscard]] int stop_unit(const std::string& unit) override { return made("stop " + unit); }

    int free_loop = 0;  ///< its number
    std::optional<change::FileIdentity> in_loop;
    std::vector<int> priorities;  ///< of the swap disks, in turn
    std::uint64_t nbd_bytes = 0;

private:
    int made(const std::string& line) {
        journal_.push_back(line);
        if (const auto failed = fails.find(line); failed != fails.end()) {
            return failed->second;
        }
        if (const auto brought = brings.find(line); brought != brings.end()) {
            brought->second();
        }
        return 0;
    }

    std::vector<std::string>& journal_;
};

}  // namespace blkhang
