#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# metrics.sh BLKHANG SAMPLE_RECORDS: what `blkhang report --format openmetrics` writes, read by others: the reference parser of
# OpenMetrics (python3-prometheus-client), and promtool, as Prometheus' text and, given time stamps, as its OpenMetrics. Ends with
# 77 (skipped) where promtool cannot be had, after all else.
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
sample_records=$(readlink --canonicalize-existing "$2")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

"$sample_records" "$work/samples"
mkdir "$work/texts"
for sample in "$work"/samples/*/; do
    sample=${sample%/}
    "$blkhang" report "$sample" --format openmetrics -o "$work/texts/${sample##*/}"
done
"$blkhang" report "$work/samples" --format openmetrics -o "$work/texts/all"
"$here/metrics.py" "$work"/texts/*

# A parser that takes anything shows nothing.
for broken in 's/^# EOF$//' 's/} 1$/} one/' 's/_ratio ratio$/_ratio percent/' '/^blkhang_verdict/p'; do
    sed "$broken" "$work/texts/all" >"$work/broken"
    if "$here/metrics.py" "$work/broken" >/dev/null 2>&1; then
        echo "metrics.sh: passes, and must not: $broken"
        exit 1
    fi
done

promtool=$("$here/../promtool")
for text in "$work"/texts/*; do
    "$promtool" check metrics <"$text" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
    [[ ! -s $work/out ]] || { cat "$work/out"; exit 1; }
    sed '/^[^#]/s/$/ 1795377600/' "$text" >"$work/stamped"
    "$promtool" tsdb create-blocks-from openmetrics "$work/stamped" "$work/blocks" >"$work/out" 2>&1 ||
        { cat "$work/out"; exit 1; }
done
