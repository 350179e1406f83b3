# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the tests in ci/guest share. Each is called with the path of the built program.

blkhang=$(readlink --canonicalize-existing "$1")
kernel=deb:6.1
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT
trap 'exit 143' TERM

die() {
    echo "FAILED: $*" >&2
    exit 1
}

# run NAME ARGUMENT...: a run of $profile whose record is $work/NAME; sets $status. The text report stays visible.
profile=kvm-2011
run() {
    local name=$1
    shift
    status=0
    "$blkhang" run "$profile" --guest "$kernel" --out "$work/$name" "$@" || status=$?
}

# record NAME EXPRESSION: prints a Python expression over the record `r`.
record() {
    python3 -c '
import json, sys
with open(sys.argv[1]) as file:
    r = json.load(file)
print(eval(sys.argv[2]))' "$work/$1/record.json" "$2"
}

# expect NAME EXPRESSION: the expression must be true of the record.
expect() {
    [[ $(record "$1" "bool($2)") == True ]] || {
        record "$1" "r['verdict'], r['tier'], r['coverage'], r.get('deadlock')"
        die "not true of the record: $2"
    }
}

# qemu_of PID: the guests that this blkhang runs.
qemu_of() {
    pgrep --parent "$1" --full '^[^ ]*qemu-system' || true
}

# planted PLANT CHECK SERIES...: the bug is proven on each kernel that is still offered, and CHECK SERIES finds its record
# as it should be. Exit status 77 if none is.
planted() {
    local plant=$1 check=$2 series tested=0
    shift 2
    for series in "$@"; do
        kernel=deb:$series
        # Long enough for a machine that does other things, too: a run ends with its proof. On 7.3 one of 30 s had only 4
        # owners of the mutex that reclaimed, at a load of 7 on two cores.
        run "$series" --plant "$plant" --duration 90s --quiet 2>"$work/$series.err"
        cat "$work/$series.err" >&2
        if [[ $status == 2 ]] && grep --quiet 'no such kernel package' "$work/$series.err"; then
            echo "skipped $series: $(cat "$work/$series.err")"
            continue
        fi
        [[ $status == 1 ]] || die "$series: exit $status"
        expect "$series" "r['verdict']['value'] == 'hang'"
        "$check" "$series"
        tested=$((tested + 1))
    done
    ((tested > 0)) || exit 77
}
