#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# exports.sh BLKHANG SAMPLE_RECORDS: what `blkhang report` writes in each format, of made-up and of real records, read by others:
# KTAP by perl's TAP::Parser, JUnit by expat, python3-junitparser and xmllint with a strict schema, KCIDB and JSON by
# python3-jsonschema, pages by xmllint, mails by git mailinfo and Python's email. (check.npm asks more of them.)
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
sample_records=$(readlink --canonicalize-existing "$2")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

"$sample_records" "$work"
for sample in "$here"/../../reports/samples/*/; do
    cp --recursive "$sample" "$work/real-$(basename "$sample")"
done
"$here/../../reports/validate.py" "$work"/*/record.json "$work"/*/matrix.json
for sample in "$work"/*/; do
    sample=${sample%/}
    "$blkhang" report "$sample" --format json -o "$work/json"
    "$here/../../reports/validate.py" "$work/json"
    "$blkhang" report "$sample" --format html | xmllint --noout --nonet -
    # A mail, where there is something to report.
    if "$blkhang" report "$sample" --format mail -o "$sample.mail" 2>"$work/err"; then
        git mailinfo --encoding=UTF-8 "$work/text" "$work/patch" <"$sample.mail" >"$work/info"
        grep --quiet '^Subject: ' "$work/info"
    fi
    for format in ktap junit kcidb; do
        "$blkhang" report "$sample" --format "$format" -o "$sample.$format"
        "$blkhang" report "$sample" --format "$format" | cmp - "$sample.$format"
    done
    "$blkhang" report "$sample" --format kcidb --origin my_lab -o "$sample.my_lab"
    "$here/ktap.pl" "$sample.ktap" >"$sample.tap"
    xmllint --noout --nonet --schema "$here/junit.xsd" "$sample.junit" 2>"$work/err" || { cat "$work/err"; exit 1; }
    # In a row they are plain TAP, for which prove reads a file as a test's output.
    "$blkhang" report "$sample" --format ktap --flat -o "$sample.flat"
    prove --exec cat "$sample.flat" >"$work/out" 2>&1 || true
    if grep --extended-regexp 'Parse errors|Bad plan|No plan' "$work/out"; then
        cat "$work/out"
        exit 1
    fi
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
refused '--format is one of text, html, mail, repro, blktests, json,' "$work/hang" --format xunit
refused '--format text takes one DIR' "$work/hang" "$work/clean"
refused 'html or openmetrics' "$work/hang" "$work/clean" --format json
refused '--bundle takes one DIR' "$work/hang" "$work/clean" --bundle "$work/none.tar.zst"
refused '--baseline goes with one matrix' "$work/matrix" "$work/cut-short" --format html --baseline "$work/baseline"
refused 'lower-case' "$work/hang" --format kcidb --origin My-Lab
refused 'goes with --format ktap' "$work/hang" --format junit --flat
refused 'goes with --format kcidb' "$work/hang" --format junit --origin my_lab

# A mail fits a mail and is refused where there is nothing to report; a bundle is the same twice, and its script is sound.
"$blkhang" report "$work/hang" --format mail -o "$work/mail" 2>"$work/err"
[[ $(head -n 1 "$work/mail") == 'To: '* ]]
grep --quiet '^Subject: \[BUG\] ' "$work/mail"
if grep --extended-regexp '^.{76}' "$work/mail" | grep --invert-match --extended-regexp '^  (Reported-by|Closes|Fixes): '; then
    echo 'a mail has lines of more than 75 columns'
    exit 1
fi
refused 'nothing to report' "$work/clean" --format mail
refused 'was planted on purpose' "$work/planted" --format mail
for sample in hang clean matrix; do
    if [[ $sample == matrix ]]; then
        printf 'kernels = ["deb:6.1"]\nprofiles = ["kvm-2011"]\n' >"$work/$sample/matrix.toml"
    else
        cp "$here/../../profiles/kvm-2011.toml" "$work/$sample/profile.toml"
    fi
    "$blkhang" report "$work/$sample" --bundle "$work/one.tar.zst"
    "$blkhang" report "$work/$sample" --bundle "$work/two.tar.zst"
    cmp "$work/one.tar.zst" "$work/two.tar.zst"
    rm --recursive --force "$work/unpacked"
    mkdir "$work/unpacked"
    tar --directory "$work/unpacked" --zstd --extract --file "$work/one.tar.zst" --strip-components 1
    shellcheck --shell sh "$work/unpacked/reproduce.sh"
    status=0
    BLKHANG=/nowhere "$work/unpacked/reproduce.sh" 2>"$work/err" || status=$?
    [[ $status == 5 ]]
done

# What is damaged: in a matrix a run without evidence, by itself an error.
echo '{' >"$work/matrix/cells/cell-0/record.json"
"$blkhang" report "$work/matrix" --format junit >"$work/out"
grep --quiet 'cannot be used: .*damaged record: not JSON' "$work/out"
refused 'damaged record: not JSON' "$work/matrix/cells/cell-0" --format ktap
sed --in-place 's,blkhang-record/1,blkhang-record/9,' "$work/clean/record.json"
refused 'the record is blkhang-record/9' "$work/clean" --format kcidb
