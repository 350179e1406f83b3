// SPDX-License-Identifier: GPL-2.0-only
#include "lab/qemu_control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

namespace blkhang {
namespace {

using nlohmann::json;

/// Of one line; QEMU's are a few hundred bytes.
constexpr std::size_t kLongestLine = 64 << 10;
constexpr auto kBetweenLooks = std::chrono::milliseconds(10);

Error no_answer() { return {Fault::broken, "QEMU does not answer"}; }

Status send(int socket, const std::string& line, int descriptor) {
    iovec text{const_cast<char*>(line.data()), line.size()};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    // A command fits into an empty socket's buffer, and all before it were answered.
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())
               ? Status{}
               : fail_errno("telling QEMU something");
}

}  // namespace

Result<std::string> QemuControl::next_line(Deadline deadline) {
    for (;;) {
        if (const auto end = unread_.find('\n'); end != std::string::npos) {
            auto line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        if (deadline.passed() || unread_.size() > kLongestLine) {
            return fail(no_answer());
        }
        pollfd source{socket_.get(), POLLIN, 0};
        ::poll(&source, 1, static_cast<int>(std::min<std::int64_t>(deadline.remaining().count(), 1000)));
        std::array<char, 4096> buffer{};
        const auto got = ::read(socket_.get(), buffer.data(), buffer.size());
        if (got > 0) {
            unread_.append(buffer.data(), static_cast<std::size_t>(got));
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return fail(no_answer());
        }
    }
}

Result<json> QemuControl::ask(std::string_view command, const json& arguments, Deadline deadline, int descriptor) {
    json order{{"execute", command}};
    if (!arguments.empty()) {
        order["arguments"] = arguments;
    }
    if (auto sent = send(socket_.get(), order.dump() + "\n", descriptor); !sent) {
        return fail(sent.error());
    }
    for (;;) {
        const auto line = next_line(deadline);
        if (!line) {
            return fail_within(line.error(), std::string(command));
        }
        const auto said = json::parse(*line, nullptr, false);
        if (!said.is_object()) {
            return fail(Fault::broken, fmt::format("{}: QEMU says no JSON", command));
        }
        if (const auto value = said.find("return"); value != said.end()) {
            return *value;
        }
        if (const auto error = said.find("error"); error != said.end()) {
            return fail(Fault::broken, fmt::format("{}: QEMU says {}", command, error->dump()));
        }
        // Else it is an event, which nobody asked for.
    }
}

Result<QemuControl> QemuControl::open(Fd socket, Deadline deadline) {
    QemuControl control(std::move(socket));
    if (auto greeting = control.next_line(deadline); !greeting) {
        return fail(greeting.error());
    }
    if (auto ready = control.ask("qmp_capabilities", {}, deadline); !ready) {
        return fail(ready.error());
    }
    return control;
}

Status QemuControl::stop(Deadline deadline) {
    const auto done = ask("stop", {}, deadline);
    return done ? Status{} : fail(done.error());
}

Status QemuControl::go_on(Deadline deadline) {
    const auto done = ask("cont", {}, deadline);
    return done ? Status{} : fail(done.error());
}

Status QemuControl::migrated(Deadline deadline) {
    for (;;) {
        const auto how = ask("query-migrate", {}, deadline);
        if (!how) {
            return fail(how.error());
        }
        const auto status = how->value("status", "");
        if (status == "completed") {
            return {};
        }
        if (status == "failed" || status == "cancelled") {
            return fail(Fault::broken, fmt::format("QEMU says of the machine's state: {}", how->dump()));
        }
        if (deadline.passed()) {
            return fail(no_answer());
        }
        std::this_thread::sleep_for(kBetweenLooks);
    }
}

Status QemuControl::save(int file, Deadline deadline) {
    constexpr const char* kName = "state";
    if (const auto given = ask("getfd", {{"fdname", kName}}, deadline, file); !given) {
        return fail(given.error());
    }
    if (const auto begun = ask("migrate", {{"uri", fmt::format("fd:{}", kName)}}, deadline); !begun) {
        return fail(begun.error());
    }
    return migrated(deadline);
}

Status QemuControl::wait_for_state(Deadline deadline) { return migrated(deadline); }

}  // namespace blkhang
