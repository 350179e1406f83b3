#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# html.sh BLKHANG SAMPLE_RECORDS [SCREENSHOTS]: what `blkhang report --format html` writes, looked at in a real browser, and by
# axe-core, if npm can be asked for it: on phones and on a desk, light and dark. Leaves the screenshots in a directory of that
# name (build/html-screenshots).
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
sample_records=$(readlink --canonicalize-existing "$2")
screenshots=${3:-$here/../../build/html-screenshots}
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

"$sample_records" "$work/samples"
mkdir "$work/pages"
# page NAME DIR ARGUMENT...: makes pages/NAME.html, twice, which has to come to the same.
page() {
    local name=$1
    shift
    "$blkhang" report "$@" --format html -o "$work/pages/$name.html"
    "$blkhang" report "$@" --format html -o "$work/pages/again.html"
    cmp "$work/pages/$name.html" "$work/pages/again.html"
    rm "$work/pages/again.html"
}
for sample in "$work"/samples/*/; do
    sample=${sample%/}
    page "${sample##*/}" "$sample"
done
page compared "$work/samples/matrix" --baseline "$work/samples/baseline"

# Several, as directories and as a folder of them: the same page, but for where its links lead. One that still runs is left out.
# Each has runs of its own: copies of one would count once.
mkdir --parents "$work/history/2025/week-52" "$work/history/2026/week-1"
sed 's/6\.1\.192-2/6.1.180-1/g; s/"started": "202[0-9]/"started": "2018/; s/"verdict": "hang"/"verdict": "clean"/' "$work/samples/baseline/matrix.json" \
    >"$work/history/2025/week-52/matrix.json"
cp --recursive "$work/samples/matrix" "$work/history/2026/week-2"
sed 's/6\.1\.192-2/6.1.190-1/g; s/"started": "202[0-9]/"started": "2019/' "$work/samples/baseline/matrix.json" >"$work/history/2026/week-1/matrix.json"
page history "$work"/history/202?/*
mkdir "$work/history/week-3"
touch "$work/history/week-3/matrix.toml"
page history-of-a-folder "$work/history"
grep --quiet 'regressed beyond chance: BEFORE failed in none' "$work/pages/history.html"
grep --quiet 'href="../history/2026/week-2/cells/cell-0/record.json"' "$work/pages/history.html"
grep --quiet 'href="../history/2026/week-2/cells/cell-0/record.json"' "$work/pages/history-of-a-folder.html"
grep --quiet '<li>week-3 holds no matrix.json</li>' "$work/pages/history-of-a-folder.html"

# Without Graphviz there is the same graph in words; without events there is no timeline; both are said.
mkdir "$work/nothing"
rm "$work/samples/hang/events.ndjson"
PATH=$work/nothing "$blkhang" report "$work/samples/hang" --format html -o "$work/pages/bare.html"
grep --quiet 'In words only, for lack of a picture: .*dot' "$work/pages/bare.html"
grep --quiet 'There is no timeline: events.ndjson: No such file' "$work/pages/bare.html"
grep --quiet '<li>.* waits for pcpu_alloc_mutex (mutex)</li>' "$work/pages/bare.html"
if grep --quiet '<svg' "$work/pages/bare.html"; then
    echo "bare.html: has a picture that nobody can have drawn"
    exit 1
fi

status=0
"$blkhang" report "$work/samples/clean" --format html --baseline "$work/samples/matrix" 2>"$work/err" || status=$?
[[ $status == 2 ]] && grep --quiet 'goes with a matrix' "$work/err"

# Of real runs, too, and of a log.
for sample in hang-three-tasks hazard-livelock; do
    page "sample-$sample" "$here/../../reports/samples/$sample"
done
"$blkhang" diagnose "$here/../../tool/diagnose/testdata/elv-switch-5.10.log" --format html >"$work/pages/diagnosis.html" || true

status=0
modules=$("$here/../npm/install") || status=$?
if [[ $status != 0 && $status != 77 ]]; then
    exit "$status"
fi
"$here/html.py" "$work/pages" "$screenshots" ${modules:+"$modules/axe-core/axe.min.js"}
