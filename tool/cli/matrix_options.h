// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cli/command.h"
#include "matrix/executor.h"
#include "matrix/request.h"

namespace blkhang {

void add_matrix_options(boost::program_options::options_description& options);

/// The file, if there is one, with what the options say instead. All that can be wrong with it is found here, before
/// there is a directory that holds it.
Result<MatrixRequest> matrix_request(const Invocation& invocation);

/// What --slurm-args, --slurm-files and --on-nodes say.
Result<SlurmWishes> slurm_wishes(const Invocation& invocation);

/// What goes with --resume, with --export-lava, with --list-kernels: everything else is refused, never ignored.
Status only_resume(const Invocation& invocation);
Status only_lava(const Invocation& invocation);
Status only_kernels_listed(const Invocation& invocation);

}  // namespace blkhang
