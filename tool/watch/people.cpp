// SPDX-License-Identifier: GPL-2.0-only
#include "watch/people.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/file.h"
#include "base/number.h"
#include "base/words.h"
#include "machine/virtual_machines.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSmallFile = 64 << 10;
/// PF_KTHREAD in include/linux/sched.h.
constexpr std::uint64_t kKernelThreadFlag = 0x00200000;
constexpr std::string_view kDigits = "0123456789";

/// The fields of /proc/PID/stat behind the name: state is the first.
std::vector<std::string> stat_fields(const std::string& stat) {
    const auto close = stat.rfind(')');
    return close == std::string::npos ? std::vector<std::string>() : words_of(stat.substr(close + 1));
}

std::string first_line(const fs::path& file) {
    auto text = read_file(file, kSmallFile).value_or("");
    return text.substr(0, text.find('\n'));
}

/// The number behind "Key:" in /proc/PID/status.
std::optional<std::uint64_t> status_value(const std::string& status, std::string_view key) {
    const auto at = status.find(key);
    const auto begin = at == std::string::npos ? at : status.find_first_of(kDigits, at + key.size());
    const auto end = begin == std::string::npos ? begin : status.find_first_not_of(kDigits, begin);
    return begin == std::string::npos ? std::nullopt
                                      : number_in<std::uint64_t>(std::string_view(status).substr(begin, end - begin));
}

/// What cannot be read may be a virtual machine. Names of descriptors may be listed without the right to follow them.
bool has_virtual_machine(const fs::path& task) {
    std::error_code error;
    fs::directory_iterator entry(task / "fd", error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code unread;
        const auto target = fs::read_symlink(entry->path(), unread).string();
        const bool is_closed = unread == std::errc::no_such_file_or_directory;
        if (unread ? !is_closed : is_virtual_machine(target)) {
            return true;
        }
    }
    return static_cast<bool>(error);
}

/// Is process 1 of a namespace below this one, with which SIGKILL ends all that is in there?
bool is_init_of_container(const std::string& status) {
    constexpr std::string_view kKey = "\nNSpid:";
    const auto at = status.find(kKey);
    if (at == std::string::npos) {
        return false;  // no namespaces of processes in this kernel
    }
    const auto line = std::string_view(status).substr(at + kKey.size());
    const auto numbers = words_of(line.substr(0, line.find('\n')));
    return numbers.size() > 1 && numbers.back() == "1";
}

/// Is it this one, or one that started it, however far back?
bool is_in_line_of(const fs::path& proc, std::int32_t process, std::int32_t ancestor) {
    constexpr int kLongestLine = 64;
    for (int i = 0; i < kLongestLine && process > 0; ++i) {
        if (process == ancestor) {
            return true;
        }
        const auto status = read_file(proc / std::to_string(process) / "status", kSmallFile).value_or("");
        process = static_cast<std::int32_t>(status_value(status, "\nPPid:").value_or(0));
    }
    return false;
}

/// Holds on to it: by a descriptor of its own (5.3), or by its directory.
Fd open_process(const fs::path& proc, std::int32_t pid) {
    Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (!process.valid() && errno == ENOSYS) {
        process.reset(::open((proc / std::to_string(pid)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    return process;
}

/// 5.1 takes either kind of descriptor. Before, a number is all that there is: the directory of a process that has
/// ended is empty, whoever has its number by then, and so short a moment before the signal it was not.
bool send_kill(int process, std::int32_t pid) {
    if (::syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0) == 0) {
        return true;
    }
    return errno == ENOSYS && ::faccessat(process, "stat", F_OK, 0) == 0 && ::kill(pid, SIGKILL) == 0;
}

}  // namespace

Person find_person(const fs::path& proc, std::int32_t pid, std::int32_t our_process) {
    Person person{.pid = pid};
    const auto thread = proc / std::to_string(pid);
    const auto stat = read_file(thread / "stat", kSmallFile).value_or("");
    const auto status = read_file(thread / "status", kSmallFile).value_or("");
    const auto fields = stat_fields(stat);
    constexpr std::size_t kFlags = 6, kStart = 19;  // fields 9 and 22 of stat, which begins with pid and name
    const auto process = status_value(status, "\nTgid:");
    if (fields.size() <= kStart || !process) {
        return person;
    }
    const auto flags = number_in<std::uint64_t>(fields[kFlags]);
    const auto start = number_in<std::uint64_t>(fields[kStart]);
    person.process = static_cast<std::int32_t>(*process);
    const auto process_directory = proc / std::to_string(person.process);
    person.comm = first_line(thread / "comm");
    person.process_comm = first_line(process_directory / "comm");
    person.start_ticks = start.value_or(0);
    person.kernel_thread = flags && (*flags & kKernelThreadFlag) != 0;
    person.ours = is_in_line_of(proc, our_process, person.process) || person.process == ::getppid();
    person.is_container = is_init_of_container(read_file(process_directory / "status", kSmallFile).value_or(""));
    // The first thread may have ended, and has nothing open then.
    person.has_kvm = !person.kernel_thread && (has_virtual_machine(process_directory) || has_virtual_machine(thread));
    person.found = flags && start && !person.comm.empty() && !person.process_comm.empty();
    return person;
}

std::vector<Person> MachinePeople::identify(const std::vector<std::int32_t>& pids) {
    processes_.clear();
    std::vector<Person> people;
    for (const auto pid : pids) {
        auto person = find_person(proc_, pid, ::getpid());
        if (person.found && !person.kernel_thread) {
            processes_.insert_or_assign(pid, open_process(proc_, person.process));
            // Looked at once more: the descriptor may be that of the next one of this number.
            const auto again = find_person(proc_, pid, ::getpid());
            person.found = again.found && again.start_ticks == person.start_ticks && processes_[pid].valid();
        }
        people.push_back(std::move(person));
    }
    return people;
}

Status MachinePeople::kill(const Person& person) {
    const auto process = processes_.find(person.pid);
    if (process == processes_.end() || !process->second.valid()) {
        return fail(Fault::broken, "it was not held on to");
    }
    const auto now = find_person(proc_, person.pid, ::getpid());
    if (!now.found || now.start_ticks != person.start_ticks || now.process != person.process) {
        return fail(Fault::broken, "another task has its number by now");
    }
    if (!send_kill(process->second.get(), person.process)) {
        return fail_errno("sending SIGKILL");
    }
    return {};
}

}  // namespace blkhang
