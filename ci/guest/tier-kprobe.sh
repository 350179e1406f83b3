#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kprobe tier, forced, watches a run and is never a reason to call a stock kernel bad.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

run tier --set probe.tier=kprobe --duration 15s
expect tier "r['tier']['used'] == 'kprobe' and r['tier']['attached']"
expect tier "r['verdict']['value'] in ('clean', 'inconclusive')"
[[ $status == 0 || $status == 3 ]] || die "exit $status"
