#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Killed in mid-run, blkhang leaves no guest behind.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

"$blkhang" run kvm-2011 --guest "$kernel" --out "$work/killed" --quiet &
pid=$!
for ((i = 0; i < 300; i++)); do
    guests=$(qemu_of "$pid")
    [[ -z $guests ]] || break
    kill -0 "$pid" 2>/dev/null || die "blkhang ended before it had a guest"
    sleep 0.2
done
[[ -n $guests ]] || die "no guest within a minute"
sleep 3
kill -KILL "$pid"
wait "$pid" || true
for ((i = 0; i < 50; i++)); do
    alive=no
    for guest in $guests; do
        ! kill -0 "$guest" 2>/dev/null || alive=yes
    done
    [[ $alive == yes ]] || exit 0
    sleep 0.1
done
for guest in $guests; do
    kill -KILL "$guest" || true
done
die "QEMU outlived blkhang by five seconds"
