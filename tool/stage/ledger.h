// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"

namespace blkhang {

/// What can be changed of a machine. Each says all that is needed to undo it, as plain data: what is undone by another
/// process, after this one was killed, has nothing else to go by. A change that was told and then was not made is
/// undone as well, so to undo is to make sure that it is not so.
namespace change {

/// By which an open file is known again, whatever it is called by then: as stat(2) tells it.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
};

/// By which a disk is told from a later one of the same name or number: /sys/block/DISK/diskseq, since 5.15. Without it
/// the name has to do.
using DiskSequence = std::optional<std::uint64_t>;

/// A directory was made to mount on. Undone: removed.
struct Directory {
    std::filesystem::path path;
    bool operator==(const Directory&) const = default;
};
/// A file of ours gets this name, which nothing had. No link is on the way to it. Undone: removed, if it is still this
/// inode; the number of its filesystem may be another after a reboot.
struct File {
    std::filesystem::path path;
    std::uint64_t inode = 0;
    bool operator==(const File&) const = default;
};
/// Undone: unmounted, if what is mounted there last is of this type.
struct Mount {
    std::string type;
    std::filesystem::path where;
    bool operator==(const Mount&) const = default;
};
/// Undone: removed. Its name as /sys/module has it.
struct Module {
    std::string name;
    bool operator==(const Module&) const = default;
};
/// A file of the kernel's is written. Undone: the old value is written, if the disk that the file is about is still the
/// same one.
struct Knob {
    std::filesystem::path file;
    std::string disk;  ///< "MAJOR:MINOR" if the file is a table of disks, each with a line, else empty
    std::optional<std::string> old_value;  ///< as it is written back; none if the file does not tell
    DiskSequence sequence = {};            ///< of the disk, if the file is about one
    bool operator==(const Knob&) const = default;
};
/// A group with all that comes to be below it, groups and processes. Undone: the processes killed, the groups removed.
struct Cgroup {
    std::filesystem::path directory;
    bool operator==(const Cgroup&) const = default;
};
/// A scope that the service manager gave to us, to make groups in, with all that comes to be below it. `directory` is
/// where its groups are, `unit` what `systemctl stop` calls it. Undone: as a group, and the unit stopped.
struct Scope {
    std::string unit;
    std::filesystem::path directory;
    bool operator==(const Scope&) const = default;
};
/// Undone: switched off and removed. The directory is the disk's in the configfs of null_blk.
struct NullDisk {
    std::filesystem::path directory;
    bool operator==(const NullDisk&) const = default;
};
/// A loop device, "/dev/loop0", gets this file of ours. Undone: detached, if it is still backed by that file, which may
/// have another name by now.
struct LoopDisk {
    std::filesystem::path disk;
    std::filesystem::path file;
    FileIdentity identity = {};
    bool operator==(const LoopDisk&) const = default;
};
/// A disk of the driver nbd is connected to a process of ours. Undone: disconnected.
struct UserDisk {
    std::filesystem::path disk;
    bool operator==(const UserDisk&) const = default;
};
/// The first page of a disk becomes the header of a swap area. Undone: it is what it was, if the header there carries
/// this UUID. After a reboot another disk may have the name; then the one that carries it is looked for by the UUID.
struct SwapHeader {
    std::filesystem::path disk;
    std::string old_page;
    std::string uuid = {};  ///< its 16 bytes
    bool operator==(const SwapHeader&) const = default;
};
/// The kernel swaps to a disk, which holds pages of any process from then on. Undone: swapoff(2), if it is still the
/// same disk, and nothing that the disk is made of may be undone before that has succeeded.
struct Swap {
    std::filesystem::path disk;
    DiskSequence sequence = {};
    bool operator==(const Swap&) const = default;
};
/// Dies with the process that started it. Undone: killed, if the process of that number is still called so.
struct Process {
    std::string name;
    pid_t pid;
    bool operator==(const Process&) const = default;
};

}  // namespace change

using MachineChange = std::variant<change::Directory, change::File, change::Mount, change::Module, change::Knob,
                                   change::Cgroup, change::Scope, change::NullDisk, change::LoopDisk, change::UserDisk,
                                   change::SwapHeader, change::Swap, change::Process>;

/// Is told of every change to the machine before it is made, in the order in which they are made; they are undone in
/// the reverse one. What the load itself does to disks is not told, nor what happens below a cgroup of ours.
///
/// All is told before the load begins, also what a trigger changes only then: from there on nobody may wait for a disk.
class Ledger {
public:
    Ledger() = default;
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    virtual ~Ledger() = default;

    /// A change of which this fails must not be made.
    virtual Status tell(const MachineChange& change) = 0;
    /// The load begins: from here on nothing more can be told, and nobody waits for a disk on that account.
    virtual void seal() = 0;
};

/// For a machine that is thrown away: keeps nothing.
class ForgetfulLedger final : public Ledger {
public:
    Status tell(const MachineChange& /*change*/) override { return {}; }
    void seal() override {}
};

}  // namespace blkhang
