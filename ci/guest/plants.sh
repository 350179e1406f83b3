#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bug of 2011 can be planted in, and is proven on, every kernel of the catalogue (6.1 has a test of its own): a clean
# verdict means nothing where the planted bug goes unseen.
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
    # fentry programs miss calls where the kernel preempts itself.
    expect "$series" "r['tier']['used'] == (
        'kprobe' if 'y' in map(r['kernel']['config'].get, ('CONFIG_PREEMPT', 'CONFIG_PREEMPT_LAZY')) else 'fentry')"
    expect "$series" "r['deadlock']['kind'] == 'cycle' or any(
        any(f.startswith('pcpu_alloc') for f in t['stack']) and
        any(f.startswith('blkhang_alloc_group_stats') for f in t['stack']) for t in r['deadlock']['tasks'])"
    tested=$((tested + 1))
done
((tested > 0)) || exit 77
