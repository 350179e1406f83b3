// SPDX-License-Identifier: GPL-2.0-only
#include "stage/undo_step.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/directory.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/shell.h"
#include "base/words.h"
#include "machine/device_header.h"
#include "machine/host_reader.h"
#include "machine/kernel_lists.h"
#include "stage/disk_sequence.h"
#include "stage/knob.h"
#include "stage/knob_table.h"
#include "stage/null_disk.h"
#include "stage/swap.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFirstPage = 4096;

/// Is it `top` or lies below it? Both are without `..`.
bool is_below(const fs::path& path, const fs::path& top) {
    return std::mismatch(top.begin(), top.end(), path.begin(), path.end()).first == top.end();
}

/// The name of a disk right below /dev that this driver makes; else it is nothing that we would touch.
Status check_disk(const Roots& roots, const fs::path& disk, std::string_view driver) {
    const auto name = disk.filename().string();
    if (disk.parent_path() == roots.dev() && name.starts_with(driver)) {
        return {};
    }
    return fail(Fault::unsupported, fmt::format("{} is no disk of the driver {}", disk.string(), driver));
}

Status status_of(int failed, const char* doing) {
    return failed == 0 ? Status() : fail(Error::from_errno(failed, doing));
}

/// Nobody but us has it, be it mounted, swapped to, or part of something: the kernel says so.
Result<Fd> claim_for_undoing(const fs::path& disk) {
    Fd fd{::open(disk.c_str(), O_RDWR | O_EXCL | O_CLOEXEC)};
    if (!fd.valid()) {
        return fail_errno(fmt::format("claiming {}", disk.string()));
    }
    return fd;
}

Result<std::string> first_page(int fd) {
    std::string page(kFirstPage, '\0');
    const ssize_t count = ::pread(fd, page.data(), page.size(), 0);
    if (count < 0) {
        return fail_errno("reading its first page");
    }
    page.resize(static_cast<std::size_t>(count));
    return page;
}

/// Does it begin with the swap area of this UUID, or with what a power cut has left of that?
Result<bool> carries(const fs::path& disk, const std::string& uuid) {
    const Fd fd{::open(disk.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) {
        return errno == ENOENT || errno == ENXIO ? Result<bool>(false) : fail_errno("reading its first page");
    }
    const auto page = first_page(fd.get());
    if (!page) {
        return fail(page.error());
    }
    return has_swap_uuid(*page, uuid);
}

/// Where udev says that it is: after a reboot it may have another name.
fs::path by_uuid(const Roots& roots, const std::string& uuid) {
    DeviceHeader named;  // whose UUID is written likewise
    std::copy_n(uuid.begin(), std::min(uuid.size(), named.uuid.size()), named.uuid.begin());
    return roots.dev() / "disk" / "by-uuid" / uuid_text(named);
}

/// `directory` and all below it, those below first.
std::vector<fs::path> groups_from_below(const fs::path& directory) {
    std::vector<fs::path> all{directory};
    std::error_code ignored;  // what vanishes meanwhile is what we want
    for (fs::recursive_directory_iterator entry(directory, ignored), end; entry != end; entry.increment(ignored)) {
        if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
            all.push_back(entry->path());
        }
    }
    std::ranges::reverse(all);
    return all;
}

/// Are we in this group ourselves? To kill that would end the undoing.
bool are_we_in(const Roots& roots, const fs::path& directory) {
    std::istringstream lines(read_file(roots.proc() / "self" / "cgroup").value_or(""));
    for (std::string line; std::getline(lines, line);) {
        const auto path = line.substr(std::min(line.find(":/"), line.size()));
        const auto own = path.empty() ? fs::path() : fs::path(path.substr(2));
        for (fs::path above = own; !above.empty(); above = above.parent_path()) {
            const auto text = "/" + above.string();
            if (directory.string().ends_with(text) && directory != fs::path(text)) {
                return true;
            }
        }
    }
    return false;
}

/// Those below first.
Status remove_empty(const ChangedMachine& machine, const std::vector<fs::path>& groups) {
    for (const auto& group : groups) {
        const int failed = machine.calls.remove_directory(group);
        if (failed != 0 && failed != ENOENT) {
            const auto left = processes_in_group(group);
            const auto why = left.empty()
                                 ? fmt::format("removing {}", group.string())
                                 : fmt::format("process {} of {} has not ended", *left.begin(), group.string());
            return fail(Error::from_errno(failed, why));
        }
    }
    return {};
}

Status remove_group(const ChangedMachine& machine, const fs::path& directory) {
    if (!is_there(directory / "cgroup.procs")) {
        return fail(Fault::unsupported, fmt::format("{} is no control group", directory.string()));
    }
    return kill_group(machine, directory).and_then([&] { return remove_empty(machine, groups_from_below(directory)); });
}

/// Not if it has vanished: what the kernel swaps to under its name is it, then.
bool is_another_now(const ChangedMachine& machine, const change::Swap& one) {
    const auto now = disk_sequence(machine.roots, one.disk);
    return now && one.sequence && *now != *one.sequence;
}

// stands()

bool stands_here(const ChangedMachine& /*machine*/, const change::Directory& one) {
    std::error_code none;
    return fs::is_directory(fs::symlink_status(one.path, none));
}

Result<bool> stands_here(const ChangedMachine& /*machine*/, const change::File& one) {
    struct stat found {};
    if (::lstat(one.path.c_str(), &found) == 0) {
        return found.st_ino == one.inode;
    }
    return errno == ENOENT || errno == ENOTDIR ? Result<bool>(false) : fail_errno("looking at it");
}

Result<bool> stands_here(const ChangedMachine& machine, const change::Mount& one) {
    const auto mounts = read_file(machine.roots.proc() / "self" / "mounts");
    if (!mounts) {
        return fail(mounts.error());
    }
    std::string last;
    std::istringstream lines(*mounts);
    for (std::string line; std::getline(lines, line);) {
        const auto fields = words_of(line);
        if (fields.size() > 2 && plain_path(fields[1]) == one.where.string()) {
            last = fields[2];
        }
    }
    return last == one.type;
}

bool stands_here(const ChangedMachine& machine, const change::Module& one) {
    return is_there(machine.roots.sys() / "module" / one.name);
}

Result<bool> stands_here(const ChangedMachine& machine, const change::Knob& one) {
    if (!is_there(one.file) || (one.sequence && disk_sequence_for(machine.roots, one.file, one.disk) != one.sequence)) {
        return false;
    }
    if (one.disk.empty() && !one.old_value) {
        return false;  // nothing is known to be written back
    }
    const auto content = read_file(one.file);
    if (!content) {
        return fail(content.error());
    }
    return one.disk.empty() ? setting_in(*content) != *one.old_value
                            : !is_line_back(one.file.filename().string(), *content, one.disk, one.old_value);
}

bool stands_here(const ChangedMachine& /*machine*/, const change::Cgroup& one) { return is_there(one.directory); }

bool stands_here(const ChangedMachine& /*machine*/, const change::Scope& one) { return is_there(one.directory); }

bool stands_here(const ChangedMachine& /*machine*/, const change::NullDisk& one) { return is_there(one.directory); }

/// Is our file in the open loop device? By what it is: its name in sysfs changes with every rename on the way to it.
Result<bool> has_our_file(const ChangedMachine& machine, int disk, const change::LoopDisk& one) {
    change::FileIdentity file;
    const int failed = machine.calls.file_in_loop(disk, file);
    if (failed != 0 && failed != ENXIO) {
        return fail(Error::from_errno(failed, "asking which file is in it"));
    }
    return failed == 0 && file == one.identity;
}

Result<bool> stands_here(const ChangedMachine& machine, const change::LoopDisk& one) {
    if (!is_there(machine.roots.sys() / "block" / one.disk.filename() / "loop" / "backing_file")) {
        return false;
    }
    const Fd disk{::open(one.disk.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!disk.valid()) {
        return errno == ENOENT || errno == ENXIO ? Result<bool>(false) : fail_errno("opening it");
    }
    return has_our_file(machine, disk.get(), one);
}

bool stands_here(const ChangedMachine& machine, const change::UserDisk& one) {
    return is_there(machine.roots.sys() / "block" / one.disk.filename() / "pid");
}

Result<bool> stands_here(const ChangedMachine& machine, const change::SwapHeader& one) {
    const auto here = carries(one.disk, one.uuid);
    return !here || *here ? here : carries(by_uuid(machine.roots, one.uuid), one.uuid);
}

Result<bool> stands_here(const ChangedMachine& machine, const change::Swap& one) {
    return held_by(machine, one).map([](const auto& bytes) { return bytes.has_value(); });
}

bool stands_here(const ChangedMachine& machine, const change::Process& one) {
    const auto directory = machine.roots.proc() / std::to_string(one.pid);
    constexpr std::size_t kLongestComm = 15;
    if (line_of(directory / "comm") != one.name.substr(0, kLongestComm)) {
        return false;
    }
    // "17 (name) Z ...": one that has ended, and that its parent has not asked about.
    const auto stat = read_file(directory / "stat").value_or("");
    const auto name_end = stat.rfind(") ");
    return name_end == std::string::npos || stat.substr(name_end + 2, 1) != "Z";
}

// undo_once()

Status undo_here(const ChangedMachine& /*machine*/, const change::Directory& one) {
    return status_of(::rmdir(one.path.c_str()) == 0 ? 0 : errno, "removing it");
}

Status undo_here(const ChangedMachine& /*machine*/, const change::File& one) {
    // Over no link: who may write to a directory on the way could else have another file removed.
    const auto top = Directory::open("/");
    if (!top) {
        return fail(top.error());
    }
    const auto parent = one.path.parent_path().relative_path();
    const auto directory = parent.empty() ? Directory::open("/") : top->below(parent);
    if (!directory) {
        return fail(directory.error());
    }
    const auto name = one.path.filename().string();
    struct stat found {};
    const bool is_ours =
        ::fstatat(directory->descriptor(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == one.inode;
    return status_of(!is_ours || ::unlinkat(directory->descriptor(), name.c_str(), 0) == 0 ? 0 : errno, "removing it");
}

Status undo_here(const ChangedMachine& machine, const change::Mount& one) {
    return status_of(machine.calls.unmount_unused(one.where), "unmounting it");
}

Status undo_here(const ChangedMachine& machine, const change::Module& one) {
    return status_of(machine.calls.remove_module(one.name), "removing it");
}

Status undo_here(const ChangedMachine& machine, const change::Knob& one) {
    const Roots& roots = machine.roots;
    if (!is_below(one.file, roots.proc()) && !is_below(one.file, roots.sys()) && !is_below(one.file, roots.cgroup())) {
        return fail(Fault::unsupported, "it is no file of the kernel's");
    }
    if (one.disk.empty()) {
        return write_knob(one.file, one.old_value.value_or(""));
    }
    const auto line = line_to_write_back(one.file.filename().string(), one.disk, one.old_value);
    return line ? write_knob(one.file, *line)
                : fail(Fault::unsupported, fmt::format("how a line of it is taken back is not known"));
}

Status undo_here(const ChangedMachine& machine, const change::Cgroup& one) {
    return remove_group(machine, one.directory);
}

Status undo_here(const ChangedMachine& machine, const change::Scope& one) {
    if (auto killed = kill_group(machine, one.directory); !killed) {
        return killed;
    }
    auto groups = groups_from_below(one.directory);
    groups.pop_back();  // its own is the service manager's
    if (auto removed = remove_empty(machine, groups); !removed) {
        return removed;
    }
    if (const int failed = machine.calls.stop_unit(one.unit); failed != 0) {
        return fail(Error::from_errno(failed, fmt::format("stopping {}", one.unit)));
    }
    return is_there(one.directory) ? remove_group(machine, one.directory) : Status();
}

Status undo_here(const ChangedMachine& machine, const change::NullDisk& one) {
    if (one.directory.parent_path() != machine.roots.sys() / "kernel" / "config" / "nullb") {
        return fail(Fault::unsupported, "it is no directory of null_blk");
    }
    // The driver takes a disk away under who uses it.
    for (const auto& name : null_disk_names(one.directory)) {
        const auto disk = machine.roots.dev() / name;
        if (is_there(disk)) {
            if (const auto claimed = claim_for_undoing(disk); !claimed) {
                return fail(claimed.error());
            }
        }
    }
    if (auto off = write_knob(one.directory / "power", "0"); !off) {
        return off;
    }
    return status_of(machine.calls.remove_directory(one.directory), "removing it");
}

Status undo_here(const ChangedMachine& machine, const change::LoopDisk& one) {
    if (auto good = check_disk(machine.roots, one.disk, "loop"); !good) {
        return good;
    }
    const auto disk = claim_for_undoing(one.disk);
    if (!disk) {
        return fail(disk.error());
    }
    // Since it was looked at, somebody may have detached it and taken it for a file of theirs.
    if (const auto ours = has_our_file(machine, disk->get(), one); !ours || !*ours) {
        return ours ? Status() : fail(ours.error());
    }
    const int failed = machine.calls.detach_loop(disk->get());
    return status_of(failed == ENXIO ? 0 : failed, "detaching it");
}

Status undo_here(const ChangedMachine& machine, const change::UserDisk& one) {
    if (auto good = check_disk(machine.roots, one.disk, "nbd"); !good) {
        return good;
    }
    const auto disk = claim_for_undoing(one.disk);
    return disk ? status_of(machine.calls.disconnect_nbd(disk->get()), "disconnecting it") : fail(disk.error());
}

Status write_back(const fs::path& path, const change::SwapHeader& one) {
    const auto disk = claim_for_undoing(path);
    if (!disk) {
        return fail(disk.error());
    }
    const auto page = first_page(disk->get());
    if (!page || !has_swap_uuid(*page, one.uuid)) {
        return fail(Fault::broken, "it does not carry our header any more");
    }
    return give_back_page(disk->get(), one.old_page);
}

/// udev looks at a disk that was written to, unless it was looking at it just then: the label of our swap area would
/// stay in /dev/disk. Now the disk is free again, and udev is told.
Status undo_here(const ChangedMachine& machine, const change::SwapHeader& one) {
    const bool has_its_name = carries(one.disk, one.uuid).value_or(false);
    std::error_code gone;
    const auto disk = fs::canonical(has_its_name ? one.disk : by_uuid(machine.roots, one.uuid), gone);
    auto written = write_back(disk, one);
    if (written) {
        static_cast<void>(write_knob(machine.roots.sys() / "class/block" / disk.filename() / "uevent", "change"));
    }
    return written;
}

Status undo_here(const ChangedMachine& machine, const change::Swap& one) {
    if (is_another_now(machine, one)) {
        return fail(Fault::unsupported, "another disk has its name by now");
    }
    return status_of(machine.calls.swap_off(one.disk), "swapping off");
}

Status undo_here(const ChangedMachine& machine, const change::Process& one) {
    const int failed = machine.calls.kill_process(one.pid);
    return status_of(failed == ESRCH ? 0 : failed, "killing it");
}

// words_for(), command_to_undo()

std::string quoted(const fs::path& path) { return shell_quoted(path.string()); }

struct UndoWords {
    std::string what, command;
};

UndoWords words_here(const change::Directory& one) {
    return {fmt::format("directory {}", one.path.string()), fmt::format("rmdir {}", quoted(one.path))};
}
UndoWords words_here(const change::File& one) {
    return {fmt::format("file {}", one.path.string()), fmt::format("rm {}", quoted(one.path))};
}
UndoWords words_here(const change::Mount& one) {
    return {fmt::format("{} mounted on {}", one.type, one.where.string()), fmt::format("umount {}", quoted(one.where))};
}
UndoWords words_here(const change::Module& one) {
    return {fmt::format("module {}", one.name), fmt::format("rmmod {}", shell_quoted(one.name))};
}
UndoWords words_here(const change::Knob& one) {
    const auto line =
        one.disk.empty() ? one.old_value : line_to_write_back(one.file.filename().string(), one.disk, one.old_value);
    const auto of_disk = one.disk.empty() ? std::string() : fmt::format(" of disk {}", one.disk);
    return {fmt::format("value of {}{}", one.file.string(), of_disk),
            fmt::format("echo {} > {}", shell_quoted(line.value_or("VALUE")), quoted(one.file))};
}
UndoWords words_here(const change::Cgroup& one) {
    return {fmt::format("control group {}", one.directory.string()),
            fmt::format("find {} -depth -type d -exec rmdir {{}} +", quoted(one.directory))};
}
UndoWords words_here(const change::Scope& one) {
    return {fmt::format("scope {}", one.unit), fmt::format("systemctl stop {}", shell_quoted(one.unit))};
}
UndoWords words_here(const change::NullDisk& one) {
    return {fmt::format("null_blk device {}", one.directory.filename().string()),
            fmt::format("echo 0 > {0}/power && rmdir {0}", quoted(one.directory))};
}
UndoWords words_here(const change::LoopDisk& one) {
    return {fmt::format("loop device {} on {}", one.disk.string(), one.file.string()),
            fmt::format("losetup --detach {}", quoted(one.disk))};
}
UndoWords words_here(const change::UserDisk& one) {
    return {fmt::format("connection of {}", one.disk.string()), fmt::format("nbd-client -d {}", quoted(one.disk))};
}
UndoWords words_here(const change::SwapHeader& one) {
    return {fmt::format("swap header on {}", one.disk.string()), "blkhang cleanup"};
}
UndoWords words_here(const change::Swap& one) {
    return {fmt::format("swap on {}", one.disk.string()), fmt::format("swapoff {}", quoted(one.disk))};
}
UndoWords words_here(const change::Process& one) {
    return {fmt::format("process {}", task_name(one.name, one.pid)), fmt::format("kill -KILL {}", one.pid)};
}

}  // namespace

std::string words_for(const MachineChange& change) {
    return std::visit([](const auto& one) { return words_here(one).what; }, change);
}

std::string command_to_undo(const MachineChange& change) {
    return std::visit([](const auto& one) { return words_here(one).command; }, change);
}

std::chrono::milliseconds patience_with(const MachineChange& change) {
    using std::chrono::seconds;
    // At least what LTP waits for loop devices, umount and rmmod, which udev and desktops hold for a moment. A loop
    // device goes only once the last of them has closed it.
    constexpr auto kLoop = seconds(10), kUnmount = seconds(5), kModule = seconds(10);
    // All that is in the swap has to be read back, from a disk that may be slow.
    constexpr auto kSwapOff = seconds(60);
    // Processes that are killed end when the IO that they wait for does; a throttled one may take a while.
    constexpr auto kProcesses = seconds(30);
    constexpr auto kOther = seconds(2);
    if (std::holds_alternative<change::Swap>(change)) {
        return kSwapOff;
    }
    if (std::holds_alternative<change::Module>(change)) {
        return kModule;
    }
    if (std::holds_alternative<change::Mount>(change)) {
        return kUnmount;
    }
    if (std::holds_alternative<change::LoopDisk>(change) || std::holds_alternative<change::NullDisk>(change) ||
        std::holds_alternative<change::UserDisk>(change)) {
        return kLoop;
    }
    if (std::holds_alternative<change::Cgroup>(change) || std::holds_alternative<change::Scope>(change) ||
        std::holds_alternative<change::Process>(change)) {
        return kProcesses;
    }
    return kOther;
}

bool outlives_boot(const ChangedMachine& machine, const MachineChange& change) {
    if (const auto* directory = std::get_if<change::Directory>(&change)) {
        const Roots& roots = machine.roots;
        return std::ranges::none_of(std::array{&roots.proc(), &roots.sys(), &roots.dev(), &roots.cgroup()},
                                    [&](const fs::path* root) { return is_below(directory->path, *root); });
    }
    return std::holds_alternative<change::File>(change) || std::holds_alternative<change::SwapHeader>(change);
}

Result<bool> stands(const ChangedMachine& machine, const MachineChange& change) {
    return std::visit([&](const auto& one) { return Result<bool>(stands_here(machine, one)); }, change);
}

Result<std::optional<std::uint64_t>> held_by(const ChangedMachine& machine, const change::Swap& swap) {
    const auto text = read_file(machine.roots.proc() / "swaps");
    if (!text) {
        return fail(text.error());
    }
    std::error_code gone;
    const auto real = fs::canonical(swap.disk, gone);
    const auto swaps = parse_swaps(*text);
    const bool is_another = is_another_now(machine, swap);
    const auto found = std::ranges::find_if(swaps, [&](const SwapDevice& one) {
        return one.name == swap.disk.string() + " (deleted)" ||
               (!is_another && (one.name == swap.disk.string() || (!gone && one.name == real.string())));
    });
    return found == swaps.end() ? std::optional<std::uint64_t>() : std::optional(found->used);
}

Status undo_once(const ChangedMachine& machine, const MachineChange& change) {
    return std::visit([&](const auto& one) { return undo_here(machine, one); }, change);
}

std::set<pid_t> processes_in_group(const fs::path& directory) {
    std::set<pid_t> all;
    for (const auto& group : groups_from_below(directory)) {
        std::istringstream pids(read_file(group / "cgroup.procs").value_or(""));
        for (pid_t pid = 0; pids >> pid;) {
            all.insert(pid);
        }
    }
    return all;
}

Status kill_group(const ChangedMachine& machine, const fs::path& directory) {
    if (are_we_in(machine.roots, directory)) {
        return fail(Fault::unsupported, "blkhang itself runs in it");
    }
    // At once, before they fork; from 5.14 on.
    if (is_there(directory / "cgroup.kill")) {
        return write_knob(directory / "cgroup.kill", "1");
    }
    for (const pid_t pid : processes_in_group(directory)) {
        constexpr pid_t kFirst = 2;
        const int failed = pid < kFirst ? 0 : machine.calls.kill_process(pid);
        if (failed != 0 && failed != ESRCH) {
            return fail(Error::from_errno(failed, fmt::format("killing process {}", pid)));
        }
    }
    return {};
}

}  // namespace blkhang
