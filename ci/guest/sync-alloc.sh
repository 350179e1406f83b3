#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bug of 2011, planted: proven, with the stack that shows the allocator entered from the allocator's own reclaim, or
# the cycle with kswapd that the same bug closes now and then.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

run bad --plant sync-alloc
[[ $status == 1 ]] || die "exit $status"
expect bad "r['verdict']['value'] == 'hang'"
expect bad "r['plant'] == 'sync-alloc'"
expect bad "r['deadlock']['kind'] in ('self', 'cycle')"
expect bad "r['deadlock']['detected_ms'] - r['deadlock']['closed_ms'] <= 1000"
expect bad "any(sum(frame.startswith('pcpu_alloc') for frame in task['stack']) >= 2 for task in r['deadlock']['tasks']) \
    or (r['deadlock']['kind'] == 'cycle' and any(task['comm'].startswith('kswapd') for task in r['deadlock']['tasks']))"

# Whatever is written later comes from the record alone.
"$blkhang" report "$work/bad" --format text | grep hang >/dev/null || die "the text report does not name the verdict"
"$blkhang" report "$work/bad" --format json | python3 -m json.tool >/dev/null || die "the JSON report is no JSON"
