// SPDX-License-Identifier: GPL-2.0-only
#include "base/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

#include <fmt/format.h>

#include "base/parent.h"
#include "base/program.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;

enum class Step : int { descriptors, directory, exec };

/// What the child tells its parent when it cannot become the program.
struct Misfortune {
    Step step;
    int errno_value;
};

std::string_view to_string(Step step) {
    switch (step) {
        case Step::descriptors:
            return "passing descriptors to";
        case Step::directory:
            return "entering the working directory of";
        case Step::exec:
            return "executing";
    }
    return "starting";
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (const std::string& string : strings) {
        result.push_back(const_cast<char*>(string.c_str()));  // execve(2) is older than const and writes nothing
    }
    result.push_back(nullptr);
    return result;
}

/// The child's side of a launch. Owns all memory that it will touch, so that nothing is allocated after the fork.
class Newborn {
public:
    Newborn(const Launch& what, const std::filesystem::path& program, int report_fd)
        : program_(program.string()),
          directory_(what.directory.string()),
          argv_(pointers(what.argv)),
          environment_(what.environment.empty() ? std::vector<char*>() : pointers(what.environment)),
          descriptors_(what.descriptors),
          report_fd_(report_fd),
          parent_(::getpid()) {}

    /// Called in the child; does not return.
    [[noreturn]] void become() {
        ::setpgid(0, 0);
        die_with(parent_);
        restore_signals();
        // What our programs leave in the cache is booted as root later: whatever the user's umask, nobody else may
        // write there.
        ::umask(::umask(0) | S_IWGRP | S_IWOTH);
        if (!place_descriptors()) {
            give_up(Step::descriptors);
        }
        if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) {
            give_up(Step::directory);
        }
        ::execve(program_.c_str(), argv_.data(), environment_.empty() ? environ : environment_.data());
        give_up(Step::exec);
    }

private:
    /// exec keeps what is ignored and what is blocked; a program expects neither.
    static void restore_signals() {
        struct sigaction normal {};
        normal.sa_handler = SIG_DFL;
        for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
            ::sigaction(signal, &normal, nullptr);
        }
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }

    /// In two steps, through numbers above all targets: `ours` and `theirs` may overlap in any way.
    bool place_descriptors() {
        // Libraries forget O_CLOEXEC. Before Linux 5.11 this does nothing, and our own care is all there is.
        ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        int above = STDERR_FILENO + 1;
        for (const Child::Inherit& descriptor : descriptors_) {
            above = std::max(above, descriptor.theirs + 1);
        }
        report_fd_ = ::fcntl(report_fd_, F_DUPFD_CLOEXEC, above);
        bool placed = report_fd_ >= 0;
        for (Child::Inherit& descriptor : descriptors_) {
            descriptor.ours = ::fcntl(descriptor.ours, F_DUPFD_CLOEXEC, above);
            placed = placed && descriptor.ours >= 0;
        }
        for (const Child::Inherit& descriptor : descriptors_) {
            placed = placed && ::dup2(descriptor.ours, descriptor.theirs) >= 0;
        }
        return placed;
    }

    [[noreturn]] void give_up(Step step) const {
        const Misfortune misfortune{step, errno};
        // Shorter than PIPE_BUF: whole or not at all. If it fails, the parent sees us end at once.
        [[maybe_unused]] const ssize_t ignored = ::write(report_fd_, &misfortune, sizeof misfortune);
        ::_exit(127);
    }

    std::string program_;
    std::string directory_;
    std::vector<char*> argv_;
    std::vector<char*> environment_;
    std::vector<Child::Inherit> descriptors_;
    int report_fd_;
    pid_t parent_;
};

/// Waits until the child has executed its program (the pipe closes) or says why it could not.
Status await_exec(const Fd& reports, const Launch& what) {
    // Longer than a program takes to be read in from a disk under heavy load.
    const Deadline deadline = Deadline::after(std::chrono::seconds(30));
    pollfd readable{reports.get(), POLLIN, 0};
    while (::poll(&readable, 1, static_cast<int>(deadline.remaining().count())) <= 0) {
        if (deadline.passed()) {
            return fail(Fault::broken, fmt::format("'{}' did not start within 30 s", what.argv.front()));
        }
    }
    Misfortune misfortune{};
    if (::read(reports.get(), &misfortune, sizeof misfortune) != sizeof misfortune) {
        return {};
    }
    return fail(Error::from_errno(misfortune.errno_value,
                                  fmt::format("{} '{}'", to_string(misfortune.step), what.argv.front())));
}

}  // namespace

Result<pid_t> launch(const Launch& what) {
    auto program = find_program(what.argv.front());
    if (!program) {
        return fail(program.error());
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return fail_errno("creating a pipe");
    }
    const Fd reports(ends[0]);
    Fd report_end(ends[1]);
    Newborn newborn(what, *program, report_end.get());

    const pid_t pid = ::fork();
    if (pid == 0) {
        newborn.become();
    }
    if (pid < 0) {
        return fail_errno(fmt::format("starting '{}'", what.argv.front()));
    }
    report_end.reset();
    if (auto executed = await_exec(reports, what); !executed) {
        kill_and_reap(pid);
        return fail(executed.error());
    }
    return pid;
}

std::optional<int> reap_if_ended(pid_t leader) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(leader), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        return errno == EINTR ? std::nullopt : std::optional<int>(255);
    }
    if (info.si_pid == 0) {
        return std::nullopt;
    }
    // While the leader is not reaped, nobody else can get its number: the group is still the one we made.
    ::kill(-leader, SIGKILL);
    int status = 0;
    if (::waitpid(leader, &status, 0) != leader) {
        return 255;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::optional<int> reap(pid_t leader, Deadline deadline) {
    for (milliseconds pause(1);; pause = std::min(2 * pause, milliseconds(20))) {
        if (const auto exit_code = reap_if_ended(leader); exit_code || deadline.passed()) {
            return exit_code;
        }
        std::this_thread::sleep_for(std::min(pause, deadline.remaining()));
    }
}

std::optional<int> kill_and_reap(pid_t leader) {
    // Both: a child that has not yet become leader of its group is only reached by its own number.
    ::kill(leader, SIGKILL);
    ::kill(-leader, SIGKILL);
    return reap(leader, Deadline::after(std::chrono::seconds(5)));
}

}  // namespace blkhang
