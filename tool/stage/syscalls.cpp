// SPDX-License-Identifier: GPL-2.0-only
#include "stage/syscalls.h"

#include <fcntl.h>
#include <linux/nbd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

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

int LinuxSyscalls::insert_module(const std::filesystem::path& file) {
    const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    return errno_unless(fd.valid() && ::syscall(SYS_finit_module, fd.get(), "", 0) == 0);
}

int LinuxSyscalls::swap_on(const std::filesystem::path& disk, int priority) {
    return errno_unless(::swapon(disk.c_str(), SWAP_FLAG_PREFER | priority) == 0);
}

int LinuxSyscalls::connect_nbd(int disk, int socket, std::uint64_t block, std::uint64_t blocks) {
    return errno_unless(::ioctl(disk, NBD_SET_BLKSIZE, block) == 0 && ::ioctl(disk, NBD_SET_SIZE_BLOCKS, blocks) == 0 &&
                        ::ioctl(disk, NBD_SET_SOCK, socket) == 0);
}

void LinuxSyscalls::run_nbd(int disk) { ::ioctl(disk, NBD_DO_IT); }

}  // namespace blkhang
