#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# samples.sh BLKHANG: the reports in reports/samples are those that this blkhang makes; there is a record for each
# verdict, and none is large.
set -euo pipefail
root=$(readlink --canonicalize "$(dirname "${BASH_SOURCE[0]}")/../..")
blkhang=$(readlink --canonicalize-existing "$1")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT
samples=$root/reports/samples
failed=0

mkdir "$work/made" "$work/kept"
"$root/ci/make-samples" "$blkhang" "$work/made"
find "$samples" -maxdepth 1 -type f -exec cp --target-directory "$work/kept" {} +
if ! diff --unified --recursive "$work/kept" "$work/made"; then
    echo "reports/samples is out of date: look at the difference, then run ci/make-samples"
    failed=1
fi

for verdict in hang hazard clean inconclusive unsupported error; do
    if ! grep --quiet "^    \"value\": \"$verdict\"" "$samples"/*/record.json; then
        echo "reports/samples: no record of verdict $verdict"
        failed=1
    fi
done
large=$(find "$samples" -type f -size +300k)
if [[ -n $large ]]; then
    echo "larger than 300 KiB: $large"
    failed=1
fi
exit "$failed"
