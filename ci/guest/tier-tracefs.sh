#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without eBPF: tier tracefs proves the deadlock of a stock kernel as the others do, and leaves nothing of it undone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

profile=elv-switch
run tier --set probe.tier=tracefs
expect tier "r['tier']['used'] == 'tracefs' and len(r['tier']['attached']) >= 30"
expect tier "r['verdict']['value'] == 'hang' and r['lost_events'] == 0"
expect tier "any(task['waits_for'] == 'pcpu_alloc_mutex' for task in r['deadlock']['tasks'])"
[[ $status == 1 ]] || die "exit $status"
