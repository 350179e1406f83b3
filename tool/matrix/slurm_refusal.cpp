// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_refusal.h"

#include <fmt/format.h>

#include "matrix/slurm_scripts.h"

namespace blkhang::slurm {

std::string refusal(const End& end, const HandedOn& cell) {
    if (end.exit_code == kOtherMachine) {
        return fmt::format("node {} is no {} machine, for which this blkhang is built; choose nodes by --slurm-args",
                           end.node, cell.machine);
    }
    if (end.exit_code == kNotOffered) {
        return fmt::format(
            "node {} is not offered to loads: it takes root's matrix, and there root's {} with a --journal", end.node,
            kNodeOffer);
    }
    if (end.exit_code == kNotUndone) {
        return fmt::format("on node {} a load was cut off, which could not be recovered or undone: see {}", end.node,
                           cell.log.string());
    }
    if (end.exit_code == kNoRoom && cell.streamed) {
        return fmt::format("node {} has no room in its $TMPDIR or /tmp for what a cell needs: {}", end.node, cell.said);
    }
    return "";
}

std::string refusal_without_directory(const End& end, const HandedOn& cell) {
    return fmt::format("node {} does not see {}: the nodes need a directory that all share, or --slurm-files streamed",
                       end.node, cell.matrix.string());
}

}  // namespace blkhang::slurm
