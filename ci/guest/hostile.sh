#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A real guest that misbehaves: its load makes the kernel print the stacks of all tasks, without a pause, to a console
# that shows everything. Whoever watches it keeps its memory, its disk and its deadline, and does not call it clean. What
# no real guest does is left to ci/standin/hostile_guest.py.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

cat >"$work/hostile.toml" <<'TOML'
name = "hostile"
summary = "prints without end"
duration = "15s"

[[trigger]]
name = "console"
phase = "stage"
disk = "swap"
file = "/proc/sys/kernel/printk"
values = ["8"]

[[trigger]]
name = "dump"
disk = "swap"
file = "/proc/sysrq-trigger"
values = ["t"]
every = "1ms"

[coverage]
cgroups_created = 1
TOML
deadline=90
SECONDS=0
"$blkhang" run "$work/hostile.toml" --guest "$kernel" --duration 15s --deadline "${deadline}s" --out "$work/hostile" --quiet &
pid=$!
peak=0
while peak_now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [[ -n $peak_now ]]; do
    peak=$peak_now
    sleep 0.2
done
status=0
wait "$pid" || status=$?
echo "took $SECONDS s, $peak KiB of memory, $(du --summarize --bytes "$work/hostile" | cut --fields 1) bytes on disk"
# The kernel is fetched before the guest starts.
((SECONDS <= deadline + 5 + 60)) || die "took $SECONDS s"
((peak <= 64 << 10)) || die "took $peak KiB of memory"
(($(du --summarize --bytes "$work/hostile" | cut --fields 1) <= 64 << 20)) || die 'left too much on disk'
[[ $status == 3 || $status == 5 ]] || die "exit $status"
expect hostile "r['verdict']['value'] in ('error', 'inconclusive')"
for format in text html json ktap junit kcidb; do
    "$blkhang" report "$work/hostile" --format "$format" >/dev/null || die "report $format"
done
(($(wc --bytes <"$work/hostile/console.log") > 100000)) || die 'it printed hardly anything, so that nothing was tested'
