// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace blkhang {

/// The system calls that change a machine other than by its files. Each returns 0 or the errno of its failure. Tests
/// have some that change nothing.
class Syscalls {
public:
    Syscalls() = default;
    Syscalls(const Syscalls&) = delete;
    Syscalls& operator=(const Syscalls&) = delete;
    virtual ~Syscalls() = default;

    /// Without set-user-id and without programs (MS_NOSUID, MS_NOEXEC).
    [[nodiscard]] virtual int mount(const std::string& type, const std::filesystem::path& where,
                                    const std::string& options) = 0;
    /// At once; what still uses it goes on doing so (MNT_DETACH).
    [[nodiscard]] virtual int unmount(const std::filesystem::path& where) = 0;
    [[nodiscard]] virtual int insert_module(const std::filesystem::path& file) = 0;
    [[nodiscard]] virtual int swap_on(const std::filesystem::path& disk, int priority) = 0;
    /// Gives an open disk of the driver nbd its size, in blocks of that many bytes, and the socket of who serves it.
    [[nodiscard]] virtual int connect_nbd(int disk, int socket, std::uint64_t block, std::uint64_t blocks) = 0;
    /// Works for the driver: returns when the disk is disconnected.
    virtual void run_nbd(int disk) = 0;
};

/// Those of the kernel that this runs on.
class LinuxSyscalls final : public Syscalls {
public:
    [[nodiscard]] int mount(const std::string& type, const std::filesystem::path& where,
                            const std::string& options) override;
    [[nodiscard]] int unmount(const std::filesystem::path& where) override;
    [[nodiscard]] int insert_module(const std::filesystem::path& file) override;
    [[nodiscard]] int swap_on(const std::filesystem::path& disk, int priority) override;
    [[nodiscard]] int connect_nbd(int disk, int socket, std::uint64_t block, std::uint64_t blocks) override;
    void run_nbd(int disk) override;
};

}  // namespace blkhang
