// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <map>
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
    [[nodiscard]] int insert_module(const std::filesystem::path& file) override {
        return made("insert " + file.stem().string());
    }
    [[nodiscard]] int swap_on(const std::filesystem::path& disk, int priority) override {
        const int failed = made("swap on " + disk.filename().string());
        priorities.push_back(priority);
        return failed;
    }
    [[nodiscard]] int connect_nbd(int /*disk*/, int /*socket*/, std::uint64_t block, std::uint64_t blocks) override {
        nbd_bytes = block * blocks;
        return made("connect nbd");
    }
    void run_nbd(int /*disk*/) override {}

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
