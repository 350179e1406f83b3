// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// Runs the program: as a guest's init when it is process 1, else as the command line tool. Returns the exit code.
int cli_main(int argc, char** argv);

}  // namespace blkhang
