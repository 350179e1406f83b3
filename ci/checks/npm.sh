#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# npm.sh BLKHANG SAMPLE_RECORDS: our schemas and exports as programs of the JavaScript world read them, which are stricter: ajv in
# its strict mode, tap-parser. Ends with 77 (skipped) where npm reaches no registry.
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
sample_records=$(readlink --canonicalize-existing "$2")
modules=$("$here/../npm/install")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

"$sample_records" "$work"
for sample in "$here"/../../reports/samples/*/; do
    cp --recursive "$sample" "$work/sample-$(basename "$sample")"
done
for sample in "$work"/*/; do
    sample=${sample%/}
    "$blkhang" report "$sample" --format kcidb -o "$sample.kcidb"
    "$blkhang" report "$sample" --format ktap --flat -o "$sample.tap"
done
"$blkhang" check --json --no-attach >"$work/check.json" 2>"$work/err" || [[ -s $work/check.json ]]
NODE_PATH=$modules node "$here/npm.js" "$here/../../reports" "$work"
