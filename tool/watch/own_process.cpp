// SPDX-License-Identifier: GPL-2.0-only
#include "watch/own_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <initializer_list>
#include <thread>

#include "base/parent.h"

namespace blkhang {

void become(const char* name, pid_t dies_with) {
    if (dies_with != 0) {
        die_with(dies_with);
    }
    ::prctl(PR_SET_NAME, name);
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        ::signal(ignored, SIG_IGN);
    }
}

std::string encode(const Error& error) { return fmt::format("{}{}", static_cast<int>(error.fault()), error.message()); }

Error decode_error(std::string_view text) {
    return {static_cast<Fault>(text.at(0) - '0'), std::string(text.substr(1))};
}

bool OwnProcess::ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
    }
    return pid_ <= 0;
}

bool OwnProcess::wait(Deadline deadline) {
    while (!ended()) {
        if (deadline.passed()) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

void OwnProcess::kill() {
    if (!ended()) {
        ::kill(pid_, SIGKILL);
    }
}

}  // namespace blkhang
