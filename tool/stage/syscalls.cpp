// SPDX-License-Identifier: GPL-2.0-only
#include "stage/syscalls.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/nbd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

int errno_unless(bool done) { return done ? 0 : errno; }

}  // namespace

int LinuxSyscalls::mount(const std::string& type, const std::filesystem::path& where, const std::string& options) {
    return errno_unless(::mount(type.c_str(), where.c_str(), type.c_str(), MS_NOSUID | MS_NOEXEC, options.c_str()) ==
                        0);
}

int LinuxSyscalls::unmount(const std::filesystem::path& where) {
    return errno_unless(::umount2(where.c_str(), MNT_DETACH) == 0);
}

int LinuxSyscalls::unmount_unused(const std::filesystem::path& where) {
    return errno_unless(::umount2(where.c_str(), UMOUNT_NOFOLLOW) == 0);
}

int LinuxSyscalls::remove_directory(const std::filesystem::path& directory) {
    return errno_unless(::rmdir(directory.c_str()) == 0);
}

int LinuxSyscalls::insert_module(const std::filesystem::path& file) {
    const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    const int failed = errno_unless(fd.valid() && ::syscall(SYS_finit_module, fd.get(), "", 0) == 0);
    if (failed != ENOSYS) {
        return failed;
    }
    const auto image = read_file(file);  // before 3.8
    return image ? errno_unless(::syscall(SYS_init_module, image->data(), image->size(), "") == 0)
                 : image.error().errno_value().value_or(EIO);
}

int LinuxSyscalls::remove_module(const std::string& name) {
    return errno_unless(::syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) == 0);
}

int LinuxSyscalls::swap_on(const std::filesystem::path& disk, int priority) {
    return errno_unless(::swapon(disk.c_str(), SWAP_FLAG_PREFER | priority) == 0);
}

int LinuxSyscalls::swap_off(const std::filesystem::path& disk) { return errno_unless(::swapoff(disk.c_str()) == 0); }

int LinuxSyscalls::find_free_loop(int control, int& number) {
    number = ::ioctl(control, LOOP_CTL_GET_FREE);
    return errno_unless(number >= 0);
}

int LinuxSyscalls::attach_loop(int disk, int file, const std::filesystem::path& name) {
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(file);
    config.info.lo_flags = LO_FLAGS_DIRECT_IO;
    name.string().copy(reinterpret_cast<char*>(config.info.lo_file_name), sizeof config.info.lo_file_name - 1);
    if (::ioctl(disk, LOOP_CONFIGURE, &config) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOTTY && errno != EIO) {
        return errno;
    }
    // Before 5.8 it takes three calls. So it does where a device without direct IO is refused.
    config.info.lo_flags = 0;
    if (::ioctl(disk, LOOP_SET_FD, file) != 0) {
        return errno;
    }
    if (::ioctl(disk, LOOP_SET_STATUS64, &config.info) != 0) {
        const int failed = errno;
        ::ioctl(disk, LOOP_CLR_FD, 0);
        return failed;
    }
    ::ioctl(disk, LOOP_SET_DIRECT_IO, 1UL);  // where it does not work, IO goes through the page cache
    return 0;
}

int LinuxSyscalls::file_in_loop(int disk, change::FileIdentity& file) {
    loop_info64 info{};
    if (::ioctl(disk, LOOP_GET_STATUS64, &info) != 0) {
        return errno;
    }
    file = {info.lo_device, info.lo_inode};
    return 0;
}

int LinuxSyscalls::detach_loop(int disk) { return errno_unless(::ioctl(disk, LOOP_CLR_FD, 0) == 0); }

int LinuxSyscalls::connect_nbd(int disk, int socket, std::uint64_t block, std::uint64_t blocks) {
    return errno_unless(::ioctl(disk, NBD_SET_BLKSIZE, block) == 0 && ::ioctl(disk, NBD_SET_SIZE_BLOCKS, blocks) == 0 &&
                        ::ioctl(disk, NBD_SET_SOCK, socket) == 0);
}

void LinuxSyscalls::run_nbd(int disk) { ::ioctl(disk, NBD_DO_IT); }

int LinuxSyscalls::disconnect_nbd(int disk) {
    return errno_unless(::ioctl(disk, NBD_DISCONNECT) == 0 && ::ioctl(disk, NBD_CLEAR_SOCK) == 0);
}

int LinuxSyscalls::kill_process(pid_t pid) { return errno_unless(::kill(pid, SIGKILL) == 0); }

int LinuxSyscalls::stop_unit(const std::string& unit) {
    constexpr auto kStopTime = std::chrono::seconds(5);
    if (::access("/run/systemd/system", F_OK) != 0) {
        return 0;
    }
    const auto stopped = run_command({"systemctl", "stop", unit}, Deadline::after(kStopTime));
    if (!stopped) {
        return stopped.error().errno_value().value_or(ETIMEDOUT);
    }
    // One that was killed may stay in the list as failed.
    static_cast<void>(run_command({"systemctl", "reset-failed", unit}, Deadline::after(kStopTime)));
    constexpr int kNotLoaded = 5;
    return stopped->exit_code == 0 || stopped->exit_code == kNotLoaded ? 0 : EBUSY;
}

}  // namespace blkhang
