// SPDX-License-Identifier: GPL-2.0-only
#include "run/host_survey.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/fd.h"
#include "base/file.h"
#include "probe/survey.h"
#include "record/stream.h"

namespace blkhang {
namespace {

/// The answer as one line of the evidence stream, which is how a guest gives it too.
[[noreturn]] void answer(const Fd& out) {
    const auto tier = survey_tiers();
    const Observation observation =
        tier ? Observation{*tier} : Observation{seen::Unsupported{{tier.error().message()}}};
    static_cast<void>(write_all(out.get(), encode(observation)));
    ::_exit(0);
}

/// All that arrives until the other end closes; nothing if it has not by the deadline.
std::optional<std::string> read_until_closed(const Fd& in, Deadline deadline) {
    std::string text;
    while (!deadline.passed()) {
        pollfd source{in.get(), POLLIN, 0};
        if (::poll(&source, 1, static_cast<int>(deadline.remaining().count())) <= 0) {
            continue;
        }
        std::array<char, 4096> buffer{};
        const auto length = ::read(in.get(), buffer.data(), buffer.size());
        if (length <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(length));
    }
    return std::nullopt;
}

}  // namespace

Result<seen::Tier> survey_host(Deadline deadline) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail_errno("making a pipe");
    }
    const Fd in{ends[0]};
    Fd out{ends[1]};
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno("starting the survey of this kernel");
    }
    if (pid == 0) {
        answer(out);
    }
    out.reset();
    const auto text = read_until_closed(in, deadline);
    if (!text) {
        ::kill(pid, SIGKILL);  // and no waiting: in the kernel it may be deaf to that
        return fail(Fault::broken, "attaching probes did not return: does this machine hang already?");
    }
    ::waitpid(pid, nullptr, 0);
    auto observation = decode(*text);
    if (!observation) {
        return fail_within(observation.error(), "the survey of this kernel");
    }
    if (auto* tier = std::get_if<seen::Tier>(&*observation)) {
        return std::move(*tier);
    }
    const auto* unsupported = std::get_if<seen::Unsupported>(&*observation);
    return fail(Fault::unsupported, unsupported != nullptr ? unsupported->reasons.front() : "no answer");
}

}  // namespace blkhang
