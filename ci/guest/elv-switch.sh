#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A stock kernel that hangs: another IO scheduler for the disk that holds the swap. The cycle is shown whole, each task
# with its part and its stack, and the hazard is told apart from it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

profile=elv-switch
run switch
[[ $status == 1 ]] || die "exit $status"
expect switch "r['verdict']['value'] == 'hang' and r['plant'] == ''"
expect switch "r['deadlock']['detected_ms'] - r['deadlock']['closed_ms'] <= 1000"
expect switch "all(task['stack'] and task['waits_for'] and task['holds'] for task in r['deadlock']['tasks'])"
expect switch "any('frozen queue vdb' in task['holds'] for task in r['deadlock']['tasks'])"
expect switch "any(task['waits_for'] == 'frozen queue vdb' for task in r['deadlock']['tasks'])"
expect switch "r['load']['trigger_switch_attempts'] > 0"
expect switch "r['deadlock']['recovery'] and 'recovered_by_kill' in r['deadlock']"
expect switch "r['lost_events'] == 0"
