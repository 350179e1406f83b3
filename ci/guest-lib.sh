# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the tests in ci/guest share. Each is called with the path of the built program.

blkhang=$(readlink --canonicalize-existing "$1")
kernel=deb:6.1
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

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
