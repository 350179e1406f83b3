#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# exports.sh BLKHANG SAMPLE_RECORDS: what `blkhang report --format ktap|junit|kcidb` writes, read by others: KTAP by
# perl's TAP::Parser, JUnit by expat and python3-junitparser, KCIDB by python3-jsonschema.
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
sample_records=$(readlink --canonicalize-existing "$2")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

"$sample_records" "$work"
"$here/../../reports/validate.py" "$work"/*/record.json "$work"/*/matrix.json
for sample in "$work"/*/; do
    sample=${sample%/}
    for format in ktap junit kcidb; do
        "$blkhang" report "$sample" --format "$format" -o "$sample.$format"
        "$blkhang" report "$sample" --format "$format" | cmp - "$sample.$format"
    done
    "$blkhang" report "$sample" --format kcidb --origin my_lab -o "$sample.my_lab"
    "$here/ktap.pl" "$sample.ktap" >"$sample.tap"
done
"$here/exports.py" "$work"

# refused WORDS ARGUMENT...: blkhang report ARGUMENT... ends with status 2, and says these words and nothing else.
refused() {
    local words=$1 status=0
    shift
    "$blkhang" report "$@" >"$work/out" 2>"$work/err" || status=$?
    if [[ $status != 2 || -s $work/out ]] || ! grep --quiet --fixed-strings -- "$words" "$work/err"; then
        printf 'blkhang report %s: exit status %s\n' "$*" "$status"
        cat "$work/err"
        return 1
    fi
}
refused 'one of text, json, ktap, junit, kcidb' "$work/hang" --format xunit
refused 'lower-case' "$work/hang" --format kcidb --origin My-Lab
refused 'goes with --format kcidb' "$work/hang" --format junit --origin my_lab

# What is damaged: in a matrix a run without evidence, by itself an error.
echo '{' >"$work/matrix/cells/cell-0/record.json"
"$blkhang" report "$work/matrix" --format junit >"$work/out"
grep --quiet 'cannot be used: .*damaged record: not JSON' "$work/out"
refused 'damaged record: not JSON' "$work/matrix/cells/cell-0" --format ktap
sed --in-place 's,blkhang-record/1,blkhang-record/9,' "$work/clean/record.json"
refused 'the record is blkhang-record/9' "$work/clean" --format kcidb
