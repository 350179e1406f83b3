// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

struct CommandOutput {
    int exit_code = 0;  ///< of the command; 128+N when signal N ended it
    std::string out;    ///< standard output
    std::string err;    ///< standard error
};

struct CommandOptions {
    std::filesystem::path directory;       ///< working directory; empty: ours
    std::vector<std::string> environment;  ///< NAME=value added to (or replacing in) our environment
    std::string input;                     ///< fed to standard input; empty: /dev/null
    /// Bytes of output; a command that says more is ended. Some unpack what strangers packed.
    std::size_t largest_output = std::size_t{256} << 20U;
};

/// Runs argv[0] (looked up in PATH), waits at most until the deadline, then kills its whole process group; so it does
/// with what a command leaves running behind it, or if it says more than it may. An interrupt (base/signals.h) that
/// arrives meanwhile ends it early. Not finding the program is an error with a hint naming it; a non-zero exit is not
/// an error here.
Result<CommandOutput> run_command(const std::vector<std::string>& argv, Deadline deadline,
                                  const CommandOptions& options = {});

/// The same, but a non-zero exit is an error that carries the last lines of standard error.
Result<std::string> command_stdout(const std::vector<std::string>& argv, Deadline deadline,
                                   const CommandOptions& options = {});

/// A child process, leader of its own process group, that dies with the thread which spawned it (PR_SET_PDEATHSIG) and
/// is killed with its group and reaped when this goes out of scope.
class Child {
public:
    struct Inherit {
        int ours;    ///< descriptor here
        int theirs;  ///< number in the child
    };
    /// The child sees the descriptors named, our standard output and error, /dev/null as standard input, and no others.
    static Result<Child> spawn(const std::vector<std::string>& argv, const std::vector<Inherit>& descriptors);
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Exit code (128+N for signal N, 255 when somebody else reaped it) once ended; nothing while it runs.
    std::optional<int> poll();
    std::optional<int> wait(Deadline deadline);
    void kill();  ///< SIGKILL to the group, then reaps; gives up after 5 s on a child that is stuck inside the kernel

private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
};

}  // namespace blkhang
