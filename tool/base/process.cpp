// SPDX-License-Identifier: GPL-2.0-only
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "base/launch.h"
#include "base/signals.h"
#include "base/sizes.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;

/// In place of memory, of kernels before 3.17 that have no memfd_create(2).
Fd unnamed_file() {
    std::error_code none;
    auto path = (std::filesystem::temp_directory_path(none) / "blkhang-XXXXXX").string();
    Fd file(::mkostemp(path.data(), O_CLOEXEC));
    if (file.valid()) {
        ::unlink(path.c_str());
    }
    return file;
}

/// What a command reads: /dev/null, or a nameless file (a pipe could block us, and break under us).
Result<Fd> open_input(const std::string& input) {
    if (input.empty()) {
        Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!null.valid()) {
            return fail_errno("opening /dev/null");
        }
        return null;
    }
    Fd file(::memfd_create("input", MFD_CLOEXEC));
    if (!file.valid() && errno == ENOSYS) {
        file = unnamed_file();
    }
    if (!file.valid()) {
        return fail_errno("creating a file in memory");
    }
    if (auto written = write_all(file.get(), input); !written) {
        return fail(written.error());
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0) {
        return fail_errno("rewinding a file in memory");
    }
    return file;
}

/// The reading end of a command's output.
class Drain {
public:
    /// Returns the writing end.
    Result<Fd> open() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            return fail_errno("creating a pipe");
        }
        end_.reset(ends[0]);
        Fd writer(ends[1]);
        if (::fcntl(end_.get(), F_SETFL, O_NONBLOCK) != 0) {
            return fail_errno("preparing a pipe");
        }
        return writer;
    }
    /// For poll(2), which skips the -1 of a drain that has run dry.
    [[nodiscard]] pollfd watch() const { return {end_.get(), POLLIN, 0}; }
    [[nodiscard]] bool dry() const { return !end_.valid(); }

    /// Takes what is there now, but no more than is good before anybody looks at the clock. Is there more?
    bool take(std::string& into) {
        constexpr std::size_t kAtOnce = std::size_t{1} << 20U;
        std::array<char, 16384> buffer{};
        for (std::size_t taken = 0; !dry() && taken < kAtOnce;) {
            const ssize_t count = ::read(end_.get(), buffer.data(), buffer.size());
            if (count > 0) {
                into.append(buffer.data(), static_cast<std::size_t>(count));
                taken += static_cast<std::size_t>(count);
            } else if (count == 0) {
                end_.reset();
            } else if (errno != EINTR) {
                return false;
            }
        }
        return !dry();
    }

private:
    Fd end_;
};

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
    std::vector<std::string> result;
    const auto name_of = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
    for (char** entry = changes.empty() ? nullptr : environ; entry != nullptr && *entry != nullptr; ++entry) {
        const bool replaced = std::any_of(changes.begin(), changes.end(),
                                          [&](const auto& change) { return name_of(change) == name_of(*entry); });
        if (!replaced) {
            result.emplace_back(*entry);
        }
    }
    result.insert(result.end(), changes.begin(), changes.end());
    return result;
}

/// The last lines that a failed command said, on one line.
std::string last_words(std::string_view text) {
    constexpr std::size_t kLines = 3;
    while (!text.empty() && text.back() == '\n') {
        text.remove_suffix(1);
    }
    std::size_t begin = text.size();
    for (std::size_t line = 0; line < kLines && begin != std::string_view::npos && begin != 0; ++line) {
        begin = text.rfind('\n', begin - 1);
    }
    std::string words(begin == std::string_view::npos ? text : text.substr(begin + (begin == 0 ? 0 : 1)));
    for (std::size_t at = 0; (at = words.find('\n', at)) != std::string::npos; at += 2) {
        words.replace(at, 1, "; ");
    }
    return words;
}

}  // namespace

Result<CommandOutput> run_command(const std::vector<std::string>& argv, Deadline deadline,
                                  const CommandOptions& options) {
    auto input = open_input(options.input);
    if (!input) {
        return fail_within(input.error(), argv.front());
    }
    Drain out;
    Drain err;
    auto out_writer = out.open();
    auto err_writer = err.open();
    if (!out_writer || !err_writer) {
        return fail_within((!out_writer ? out_writer : err_writer).error(), argv.front());
    }
    const std::uint64_t start = monotonic_ns();
    const bool interrupted_before = interrupted();
    const auto pid = launch({argv,
                             merged_environment(options.environment),
                             options.directory,
                             {{input->get(), 0}, {out_writer->get(), 1}, {err_writer->get(), 2}}});
    if (!pid) {
        return fail(pid.error());
    }
    out_writer->reset();
    err_writer->reset();

    CommandOutput output;
    std::optional<int> exit_code;
    std::string why;
    for (;;) {
        if (!exit_code) {
            exit_code = reap_if_ended(*pid);
        }
        const bool more_out = out.take(output.out);
        const bool more_err = err.take(output.err);
        if (output.out.size() + output.err.size() > options.largest_output) {
            why = fmt::format("says more than {}", format_size(options.largest_output));
            break;
        }
        if (exit_code && !more_out && !more_err) {
            output.exit_code = *exit_code;
            return output;
        }
        if (interrupted() && !interrupted_before) {
            why = "interrupted";
            break;
        }
        if (deadline.passed()) {
            why = fmt::format("did not finish within {:.1f} s", seconds_since(start));
            break;
        }
        // Short naps: the end of a command that closed its output early wakes no poll(2). With both dry there is
        // nothing else to wake us, so the nap shortens.
        const milliseconds nap(out.dry() && err.dry() ? 2 : 50);
        std::array<pollfd, 2> sources{out.watch(), err.watch()};
        ::poll(sources.data(), sources.size(), static_cast<int>(std::min(nap, deadline.remaining()).count()));
    }
    const bool ended = exit_code || kill_and_reap(*pid);
    return fail(Fault::broken, fmt::format("'{}' {}{}", fmt::join(argv, " "), why,
                                           ended ? "" : ", and cannot be killed: it is stuck inside the kernel"));
}

Result<std::string> command_stdout(const std::vector<std::string>& argv, Deadline deadline,
                                   const CommandOptions& options) {
    auto output = run_command(argv, deadline, options);
    if (!output) {
        return fail(output.error());
    }
    if (output->exit_code != 0) {
        return fail(Fault::broken, fmt::format("'{}' failed with exit code {}: {}", fmt::join(argv, " "),
                                               output->exit_code, last_words(output->err)));
    }
    return std::move(output->out);
}

Result<Child> Child::spawn(const std::vector<std::string>& argv, const std::vector<Inherit>& descriptors) {
    std::vector<Inherit> all = descriptors;
    Fd null;
    if (std::none_of(all.begin(), all.end(), [](const Inherit& one) { return one.theirs == STDIN_FILENO; })) {
        auto opened = open_input("");
        if (!opened) {
            return fail_within(opened.error(), argv.front());
        }
        null = std::move(*opened);
        all.push_back({null.get(), STDIN_FILENO});
    }
    const auto pid = launch({argv, {}, {}, all});
    if (!pid) {
        return fail(pid.error());
    }
    return Child(*pid);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(std::exchange(other.exit_code_, std::nullopt)) {}

Child& Child::operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(exit_code_, other.exit_code_);
    return *this;
}

Child::~Child() { kill(); }

std::optional<int> Child::poll() { return wait(Deadline::after(milliseconds(0))); }

std::optional<int> Child::wait(Deadline deadline) {
    if (pid_ > 0 && !exit_code_) {
        exit_code_ = reap(pid_, deadline);
    }
    return exit_code_;
}

void Child::kill() {
    if (pid_ > 0 && !exit_code_) {
        exit_code_ = kill_and_reap(pid_);
    }
}

}  // namespace blkhang
