#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bug of 2011 can be planted in, and is proven on, every kernel of the catalogue (6.1 has a test of its own), and so is
# the one of the profiles whose trigger freezes a queue: a clean verdict means nothing where the planted bug goes unseen.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

tested=0
for series in 5.10 6.12 7.2 7.3; do
    kernel=deb:$series
    run "$series" --plant sync-alloc --duration 30s --quiet 2>"$work/$series.err"
    cat "$work/$series.err" >&2
    if [[ $status == 2 ]] && grep --quiet 'no such kernel package' "$work/$series.err"; then
        echo "skipped $series: $(cat "$work/$series.err")"
        continue
    fi
    [[ $status == 1 ]] || die "$series: exit $status"
    expect "$series" "r['verdict']['value'] == 'hang'"
    expect "$series" "r['tier']['used'] == 'fentry'"
    expect "$series" "r['deadlock']['kind'] == 'cycle' or any(
        any(f.startswith('pcpu_alloc') for f in t['stack']) and
        any(f.startswith('blkhang_alloc_group_stats') for f in t['stack']) for t in r['deadlock']['tasks'])"
    tested=$((tested + 1))
done
((tested > 0)) || exit 77

# The bug with a frozen queue, where the stock kernel is clean and where it is not: through the edges of the profile's own
# cycle, by the task that has the queue frozen.
profile=elv-switch
for series in 6.1 7.2 7.3; do
    kernel=deb:$series
    run "frozen-$series" --plant frozen-alloc --duration 30s --quiet 2>"$work/$series.err"
    cat "$work/$series.err" >&2
    if [[ $status == 2 ]] && grep --quiet 'no such kernel package' "$work/$series.err"; then
        echo "skipped $series: $(cat "$work/$series.err")"
        continue
    fi
    [[ $status == 1 ]] || die "$series with frozen-alloc: exit $status"
    expect "frozen-$series" "r['verdict']['value'] == 'hang'"
    expect "frozen-$series" "any('pcpu_alloc_mutex' == t['waits_for'] and
        any(f.startswith('blkhang_alloc_while_frozen') for f in t['stack']) for t in r['deadlock']['tasks'])"
    expect "frozen-$series" "any(e['outer'] == 'queue_frozen' and e['inner'].startswith('percpu_alloc')
        for e in r['nesting'])"
done
