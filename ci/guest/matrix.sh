#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A matrix that is killed and resumed; damaged cells, broken records and unknown kernels among good ones.
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
# shellcheck source=ci/guest-lib.sh
source "$here/../guest-lib.sh"

# Nothing can become clean in so short a time, and need not: this is about the matrix.
short=(--profiles kvm-2011 --duration 6s)
# On a slow machine the planted bug took longer than that to strike. It ends its runs when it does.
until_hang=(--profiles kvm-2011 --duration 20s)

echo "== killed twice, resumed"
"$here/../kill_and_resume.py" "$blkhang" 2 "$work/killed" --kernels "$kernel" --plants none,sync-alloc --repeat 2 \
    --jobs 2 "${until_hang[@]}"

echo "== what is broken stays with its cell"
cp --recursive "$work/killed" "$work/broken"
cells=$work/broken/cells
echo '{' >"$cells/deb-6.1_kvm-2011_stock_1/cell.json"
truncate --size=200 "$cells/deb-6.1_kvm-2011_stock_2/record.json"
rm "$cells/deb-6.1_kvm-2011_sync-alloc_1/record.json"
status=0
"$blkhang" matrix --resume --out "$work/broken" || status=$?
# Proof goes before breakage: the planted hangs, not the broken cells.
[[ $status == 1 ]] || die "exit status $status, not 1"
python3 - "$work/broken/matrix.json" <<'PYTHON' || die "the wrong cells are in error"
import json, sys
cells = {cell["id"]: cell for cell in json.load(open(sys.argv[1]))["cells"]}
def broken(name, words):
    cell = cells[f"deb-6.1_kvm-2011_{name}"]
    assert cell["verdict"] == "error" and words in cell["reasons"][0], cell
broken("stock_1", "damaged cell")
broken("stock_2", "damaged record")
for name in "sync-alloc_1", "sync-alloc_2":
    assert cells[f"deb-6.1_kvm-2011_{name}"]["verdict"] == "hang", name
PYTHON

echo "== an unknown kernel beside a good one, a cell that outlives its deadline"
status=0
"$blkhang" matrix --kernels "deb:9.9,$kernel" "${short[@]}" --deadline 2s --out "$work/unknown" --json >"$work/json" ||
    status=$?
[[ $status == 5 ]] || die "exit status $status, not 5"
python3 - "$work/json" <<'PYTHON' || die "not the expected reasons"
import json, sys
reasons = [cell["reasons"][0] for cell in json.load(open(sys.argv[1]))["cells"]]
assert "no kernel series '9.9'" in reasons[0], reasons
assert "the cell's deadline" in reasons[1] or "interrupted" in reasons[1], reasons
PYTHON

echo "== one directory, two matrices"
status=0
"$blkhang" matrix --kernels "$kernel" "${short[@]}" --out "$work/killed" 2>"$work/err" || status=$?
[[ $status == 2 ]] || die "a second matrix was let in: $status"
grep --quiet 'holds a matrix already' "$work/err" || die "no word of the matrix that is there"

echo "== a cache without room"
# In a mount namespace of its own: this machine's mounts stay as they are. Not everybody may have one.
if unshare --mount true 2>/dev/null; then
    mkdir "$work/cache"
    status=0
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount bash -c 'mount -t tmpfs -o size=12m none "$1" && XDG_CACHE_HOME=$1 exec "${@:2}"' _ "$work/cache" \
        "$blkhang" matrix --kernels "$kernel" "${short[@]}" --out "$work/full" >"$work/said" 2>&1 || status=$?
    [[ $status == 5 ]] || die "exit status $status, not 5"
    grep --quiet 'no space: ' "$work/said" || { cat "$work/said"; die "no word of the space"; }
fi
