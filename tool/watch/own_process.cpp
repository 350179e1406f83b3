// SPDX-License-Identifier: GPL-2.0-only
#include "watch/own_process.h"

#include <signal.h>
#include <sys/prctl.h>

#include <initializer_list>

namespace blkhang {

void become(const char* name, int signal_of_parents_death) {
    ::prctl(PR_SET_NAME, name);
    ::prctl(PR_SET_PDEATHSIG, signal_of_parents_death);
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        ::signal(ignored, SIG_IGN);
    }
}

}  // namespace blkhang
