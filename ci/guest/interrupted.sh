#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Ctrl-C in mid-run: what there is becomes a record, the exit status says that it says nothing about the kernel.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

# Job control, since a background job of a script without it ignores SIGINT.
set -m
"$blkhang" run kvm-2011 --guest "$kernel" --out "$work/interrupted" 2>"$work/progress" &
pid=$!
set +m
for ((i = 0; i < 300; i++)); do
    ! grep --quiet '^load ' "$work/progress" || break
    kill -0 "$pid" 2>/dev/null || die "blkhang ended before the load began: $(cat "$work/progress")"
    sleep 0.2
done
guests=$(qemu_of "$pid")
[[ -n $guests ]] || die "no guest within a minute"
sleep 3
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[[ $status == 5 ]] || die "exit $status"
expect interrupted "r['verdict']['value'] == 'error'"
expect interrupted "any('interrupted' in reason for reason in r['verdict']['reasons'])"
for guest in $guests; do
    ! kill -0 "$guest" 2>/dev/null || die "QEMU $guest is still there"
done
