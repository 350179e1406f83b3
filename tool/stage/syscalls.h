// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "stage/ledger.h"

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
    /// Only what nobody uses, over no link at its end.
    [[nodiscard]] virtual int unmount_unused(const std::filesystem::path& where) = 0;
    /// A directory in a file system of the kernel's, such as a group or a disk's: its files go with it.
    [[nodiscard]] virtual int remove_directory(const std::filesystem::path& directory) = 0;
    [[nodiscard]] virtual int insert_module(const std::filesystem::path& file) = 0;
    /// One that nobody uses, by its name as /sys/module has it.
    [[nodiscard]] virtual int remove_module(const std::string& name) = 0;
    [[nodiscard]] virtual int swap_on(const std::filesystem::path& disk, int priority) = 0;
    /// Takes as long as it takes to read all back that is swapped out to it. EINVAL: it is no swap.
    [[nodiscard]] virtual int swap_off(const std::filesystem::path& disk) = 0;
    /// The number of a loop device that is free, by the open /dev/loop-control; another may take it.
    [[nodiscard]] virtual int find_free_loop(int control, int& number) = 0;
    /// Puts an open file into an open loop device, with direct IO where that works. Its name is for people. EBUSY: the
    /// device is taken.
    [[nodiscard]] virtual int attach_loop(int disk, int file, const std::filesystem::path& name) = 0;
    /// The file that is in an open loop device. ENXIO: nothing is.
    [[nodiscard]] virtual int file_in_loop(int disk, change::FileIdentity& file) = 0;
    /// ENXIO: nothing is in it.
    [[nodiscard]] virtual int detach_loop(int disk) = 0;
    /// Gives an open disk of the driver nbd its size, in blocks of that many bytes, and the socket of who serves it.
    [[nodiscard]] virtual int connect_nbd(int disk, int socket, std::uint64_t block, std::uint64_t blocks) = 0;
    /// Works for the driver: returns when the disk is disconnected.
    virtual void run_nbd(int disk) = 0;
    [[nodiscard]] virtual int disconnect_nbd(int disk) = 0;
    /// SIGKILL.
    [[nodiscard]] virtual int kill_process(pid_t pid) = 0;
    /// Has the service manager forget the unit, if there is a service manager and the unit. Takes seconds at most.
    [[nodiscard]] virtual int stop_unit(const std::string& unit) = 0;
};

/// Those of the kernel that this runs on.
class LinuxSyscalls final : public Syscalls {
public:
    [[nodiscard]] int mount(const std::string& type, const std::filesystem::path& where,
                            const std::string& options) override;
    [[nodiscard]] int unmount(const std::filesystem::path& where) override;
    [[nodiscard]] int unmount_unused(const std::filesystem::path& where) override;
    [[nodiscard]] int remove_directory(const std::filesystem::path& directory) override;
    [[nodiscard]] int insert_module(const std::filesystem::path& file) override;
    [[nodiscard]] int remove_module(const std::string& name) override;
    [[nodiscard]] int swap_on(const std::filesystem::path& disk, int priority) override;
    [[nodiscard]] int swap_off(const std::filesystem::path& disk) override;
    [[nodiscard]] int find_free_loop(int control, int& number) override;
    [[nodiscard]] int attach_loop(int disk, int file, const std::filesystem::path& name) override;
    [[nodiscard]] int file_in_loop(int disk, change::FileIdentity& file) override;
    [[nodiscard]] int detach_loop(int disk) override;
    [[nodiscard]] int connect_nbd(int disk, int socket, std::uint64_t block, std::uint64_t blocks) override;
    void run_nbd(int disk) override;
    [[nodiscard]] int disconnect_nbd(int disk) override;
    [[nodiscard]] int kill_process(pid_t pid) override;
    [[nodiscard]] int stop_unit(const std::string& unit) override;
};

}  // namespace blkhang
