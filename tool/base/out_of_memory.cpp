// SPDX-License-Identifier: GPL-2.0-only
#include "base/out_of_memory.h"

#include <unistd.h>

#include <new>
#include <string_view>

namespace blkhang {
namespace {

int exit_status_then = 0;

/// Without a byte of memory. Children die with us (base/process.h).
[[noreturn]] void say_and_exit() {
    constexpr std::string_view kMessage = "blkhang: out of memory\n";
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    ::_exit(exit_status_then);
}

}  // namespace

void exit_when_out_of_memory(int status) {
    exit_status_then = status;
    std::set_new_handler(say_and_exit);
}

}  // namespace blkhang
