// SPDX-License-Identifier: GPL-2.0-only
#include "watch/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/number.h"

namespace blkhang {
namespace {

std::optional<std::uint64_t> count_in(const char* text) {
    return text == nullptr ? std::nullopt : number_in<std::uint64_t>(text);
}

}  // namespace

ServiceManager::Environment ServiceManager::environment() {
    return {std::getenv("NOTIFY_SOCKET"), std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"),
            std::getenv("JOURNAL_STREAM")};
}

ServiceManager::ServiceManager(const Environment& environment)
    : notify_(environment.notify_socket == nullptr ? "" : environment.notify_socket),
      journal_(environment.journal_stream == nullptr ? "" : environment.journal_socket) {
    const auto usec = count_in(environment.watchdog_usec);
    const auto pid = count_in(environment.watchdog_pid);
    if (usec && *usec > 1 && (!pid || *pid == static_cast<std::uint64_t>(::getpid()))) {
        watchdog_period_ = std::chrono::microseconds(*usec / 2);
    }
    if (!notify_.empty() || !journal_.empty()) {
        socket_ = Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    }
}

bool ServiceManager::send(const std::string& path, std::string_view text) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@')) {
        return false;
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    return ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&address), size) == static_cast<ssize_t>(text.size());
}

bool ServiceManager::notify(std::string_view assignment) const { return send(notify_, assignment); }

bool ServiceManager::log(const std::map<std::string, std::string>& fields) const {
    std::string entry;
    for (const auto& [name, value] : fields) {
        std::string line = value;
        std::ranges::replace(line, '\n', ' ');
        entry.append(name).append("=").append(line).append("\n");
    }
    return send(journal_, entry);
}

}  // namespace blkhang
