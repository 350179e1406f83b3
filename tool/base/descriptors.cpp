// SPDX-License-Identifier: GPL-2.0-only
#include "base/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace blkhang {

void open_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0) {
            continue;
        }
        // All below are open, so that this takes its number. It is for children, too.
        const bool for_writing = fd == STDERR_FILENO;
        [[maybe_unused]] const int opened = ::open("/dev/null", for_writing ? O_WRONLY : O_RDONLY);
    }
}

}  // namespace blkhang
