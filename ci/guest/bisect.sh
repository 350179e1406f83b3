#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `git bisect run blkhang run ... --exit-style=bisect` on a real history. Its trees stand for catalogue kernels
# (blkhang.kernel): the change that moved the allocation of 2011 back into the submission path is to be found.
set -euo pipefail
# shellcheck source=ci/guest-lib.sh
source "$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")/../guest-lib.sh"

tree=$work/tree
git init --quiet --initial-branch=master "$tree"
cd "$tree"
git config user.name test
git config user.email test@example.org
# commit TEXT KERNEL: one change of the tree.
commit() {
    echo "$2" >blkhang.kernel
    echo "$1" >>history
    git add --all
    git commit --quiet --message "$1"
}
good=$kernel,plant=worker-alloc
bad=$kernel,plant=sync-alloc
commit 'harmless 1' "$good"
commit 'does not build' 'nonsense'
commit 'harmless 2' "$good"
commit 'the culprit' "$bad"
commit 'harmless 3' "$bad"
commit 'harmless 4' "$bad"
culprit=$(git rev-parse HEAD~2)

export XDG_STATE_HOME=$work/state
# Short: what counts here is which commit it finds, so a few trials make a run clean.
test=("$blkhang" run kvm-2011 --guest tree:. --exit-style=bisect --quiet --duration 15s --set coverage.trials=1
    --set coverage.owner_reclaims=1 --set coverage.owner_bios=1 --set coverage.cgroups_created=10
    --set coverage.swapped_out_pages=100 --set coverage.writer_ios=10)

# Both ends first: a bisection between ends that are not what one believes finds a commit, too.
expect_status() {
    local status=0
    git checkout --quiet "$2"
    "${test[@]}" >"$work/out" 2>&1 || status=$?
    [[ $status == "$1" ]] || { cat "$work/out"; die "exit status $status of $2, not $1"; }
}
expect_status 0 master~5
expect_status 1 master
expect_status 128 master~4

# A commit that does not build is skipped, as in any script for git bisect run.
git bisect start master master~5 >/dev/null
# shellcheck disable=SC2016  # for the inner shell
git bisect run sh -c 'grep --quiet nonsense blkhang.kernel && exit 125; "$0" "$@"' "${test[@]}" >"$work/bisect" 2>&1 ||
    true
grep "^$culprit is the first bad commit" "$work/bisect" || {
    cat "$work/bisect"
    die "the culprit $culprit was not found"
}
