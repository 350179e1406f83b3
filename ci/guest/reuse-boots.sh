#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Repeats that go on from the state of the first one's guest: each says so, is told all that the first was told of its boot,
# and comes to the same verdict; a bug that is not there is not found either. Nothing of a state is left.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

status=0
"$blkhang" matrix --kernels "$kernel" --profiles elv-switch,kvm-2011 --duration 20s --repeat 2 --jobs 1 --reuse-boots \
    --out "$work/matrix" --quiet || status=$?
[[ $status == 1 ]] || die "exit $status"
for cell in elv-switch_stock kvm-2011_stock; do
    first=matrix/cells/deb-6.1_${cell}_1
    second=matrix/cells/deb-6.1_${cell}_2
    expect "$first" "not any('did not boot' in note for note in r['run'].get('notes', []))"
    expect "$second" "any('did not boot' in note for note in r['run']['notes'])"
    for each in "$first" "$second"; do
        expect "$each" "r['verdict']['value'] == ('hang' if '$cell'.startswith('elv') else 'clean')"
        expect "$each" "r['run']['ended'] == 'orderly' and r['run'].get('damaged_lines', 0) == 0"
        expect "$each" "r['lost_events'] == 0 and r['tier']['used'] == 'fentry'"
    done
    cmp --bytes=100 "$work/$first/console.log" "$work/$second/console.log" || die "$cell: what a boot says was not told"
    [[ $(record "$first" "r['phases'][0]") == $(record "$second" "r['phases'][0]") ]] || die "$cell: two boots"
done
[[ -z $(find "$work/matrix" -size +20M) ]] || die 'a state was left'
