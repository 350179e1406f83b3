#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The planted bug of the profiles whose trigger freezes a queue is proven on every kernel; where the stock one is clean,
# through the edges of the profile's own cycle, by the task that has the queue frozen.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

profile=elv-switch
by_the_task_that_froze() {
    if [[ $1 != 6.1 ]]; then # that one closes other circles, too, with nothing planted
        expect "$1" "any(t['waits_for'] == 'pcpu_alloc_mutex' and
            any(f.startswith('blkhang_alloc_while_frozen') for f in t['stack']) for t in r['deadlock']['tasks'])"
        expect "$1" "any(e['outer'] == 'queue_frozen' and e['inner'].startswith('percpu_alloc')
            for e in r['nesting'])"
    fi
}
planted frozen-alloc by_the_task_that_froze 6.1 7.2 7.3
