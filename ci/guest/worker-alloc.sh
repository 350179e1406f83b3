#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The fix of 2011, planted: the same allocation from a work item is no hang.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

run fixed --plant worker-alloc --duration 40s
expect fixed "r['verdict']['value'] in ('clean', 'inconclusive')"
[[ $status == 0 || $status == 3 ]] || die "exit $status"
expect fixed "r['plant'] == 'worker-alloc'"
expect fixed "'deadlock' not in r"
