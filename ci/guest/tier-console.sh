#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# With nothing but the stacks of blocked tasks: a task that waits for itself is proven, and by its stack alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

run tier --plant sync-alloc --set probe.tier=console
expect tier "r['tier']['used'] == 'console'"
expect tier "r['verdict']['value'] == 'hang' and r['deadlock']['kind'] == 'self'"
[[ $status == 1 ]] || die "exit $status"
