#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bug of 2011 can be planted in, and is proven on, every kernel of the catalogue (6.1 has a test of its own): a clean
# verdict means nothing where the planted bug goes unseen.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

in_the_submission_path() {
    # fentry programs miss calls where the kernel preempts itself.
    expect "$1" "r['tier']['used'] == (
        'kprobe' if 'y' in map(r['kernel']['config'].get, ('CONFIG_PREEMPT', 'CONFIG_PREEMPT_LAZY')) else 'fentry')"
    expect "$1" "r['deadlock']['kind'] == 'cycle' or any(
        any(f.startswith('pcpu_alloc') for f in t['stack']) and
        any(f.startswith('blkhang_alloc_group_stats') for f in t['stack']) for t in r['deadlock']['tasks'])"
}
planted sync-alloc in_the_submission_path 5.10 6.12 7.2 7.3
