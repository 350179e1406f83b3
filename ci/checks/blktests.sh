#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# blktests.sh BLKHANG: what `blkhang report --format blktests` writes, of each profile that can be a case, is what blktests
# takes: all that its `check`, its `make check` and its CONTRIBUTING.md demand, as of linux-blktests/blktests at 403a4b50d962
# (check), 072fbc7f612c (Makefile) and 190141581f98 (common/rc), read in November 2026. None of it is here: what a case is run by
# below stands in for it, with programs that do nothing, so that a case comes to its end and prints what the file beside it says.
set -euo pipefail
root=$(readlink --canonicalize "$(dirname "${BASH_SOURCE[0]}")/../..")
blkhang=$(readlink --canonicalize-existing "$1")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

# Helpers that exist there and that a case may call: common/rc, common/cgroup, check.
known=" _have_program _have_driver _have_cgroup2_controller _test_dev_is_partition _require_test_dev_sysfs _require_test_dev_size \
_test_dev_queue_get _test_dev_queue_set _register_test_cleanup _cgroup2_base_dir _init_cgroup2 _exit_cgroup2 "

mkdir --parents "$work/tests/block" "$work/common" "$work/sys/block/vdz/queue" "$work/cgroup" "$work/tmp"
echo '[none] mq-deadline' >"$work/sys/block/vdz/queue/scheduler"
cat >"$work/tests/block/rc" <<'END'
# shellcheck shell=bash
. common/rc
END
# As far as shellcheck and a run without a disk have to know it.
cat >"$work/common/rc" <<'END'
# shellcheck shell=bash
SKIP_REASONS=()
called() { echo "$*" >> "$CALLS"; }
_have_program() { command -v "$1" >/dev/null || SKIP_REASONS+=("no $1"); }
_have_driver() { called driver "$1"; }
_test_dev_is_partition() { [[ -n ${TEST_DEV_PART_SYSFS:-} ]]; }
_require_test_dev_sysfs() { [[ -e $TEST_DEV_SYSFS/$1 ]] || SKIP_REASONS+=("no $1"); }
_require_test_dev_size() { [[ $1 =~ ^[0-9]+m$ ]] || SKIP_REASONS+=("size $1"); }
_test_dev_queue_get() { sed 's/.*\[\(.*\)\].*/\1/' "$TEST_DEV_SYSFS/queue/$1"; }
_test_dev_queue_set() { called queue "$1" "$2"; }
_register_test_cleanup() { TEST_CLEANUP=$1; }
_silenced_there() { echo "$DESCRIPTION $TIMED ${SKIP_REASONS[*]} $TEST_CLEANUP"; }
END
cat >"$work/common/cgroup" <<'END'
# shellcheck shell=bash
_have_cgroup2_controller() { called controller "$1"; }
_cgroup2_base_dir() { echo "$WORK/cgroup"; }
_init_cgroup2() { CGROUP2_DIR=$(_cgroup2_base_dir)/blktests && mkdir "$CGROUP2_DIR"; }
_exit_cgroup2() { if [[ ${CGROUP2_DIR:-} ]]; then rm --recursive "$CGROUP2_DIR"; unset CGROUP2_DIR; fi; }
END
# In place of programs, so that nothing happens here.
cat >"$work/common/programs" <<'END'
mkswap() { called mkswap "$@"; }
swapon() { called swapon "$@" && [[ ! ${NO_SWAP:-} ]]; }
swapoff() { called swapoff "$@"; }
sleep() { :; }
blockdev() { echo 1073741824; }
sysctl() { called sysctl "$@"; if [[ $* == *--values* ]]; then echo 60; fi; }
compiler() {
    while [[ $1 != -o ]]; do shift; done
    printf '#!/bin/bash\necho "$@" >>"%s"\n' "$CALLS" >"$2"
    chmod +x "$2"
    cat >/dev/null
}
CC=compiler
END
export WORK=$work CALLS=$work/calls TMPDIR=$work/tmp FULL=$work/full

fails() {
    echo "$profile: $*"
    exit 1
}

# What _found_test() in `check` looks at. In a shell of its own: a case defines what it likes.
metadata() (
    cd "$work"
    # shellcheck source=/dev/null
    . "tests/$1"
    [[ ${DESCRIPTION:-} ]] || fails "no DESCRIPTION"
    declare -F requires >/dev/null || fails "no requires()"
    [[ $(declare -F test test_device test_device_array | wc --lines) == 1 ]] ||
        fails "one of test(), test_device() and test_device_array() is wanted"
    ! declare -F device_requires >/dev/null || declare -F test_device >/dev/null || fails "device_requires() without a device"
    ! declare -F fallback_device cleanup_fallback_device >/dev/null || fails "a fallback_device"
    ! ((${QUICK:-0} && ${TIMED:-0})) || fails "both QUICK and TIMED"
    # shellcheck disable=SC2016 # the case's own text
    ! ((${TIMED:-0})) || grep --quiet 'TIMEOUT:-' "tests/$1" || fails 'TIMED, and does not heed $TIMEOUT'
    [[ ! ${CAN_BE_ZONED:-} ]] || fails "no swap area is on a zoned disk"
)

# What the rest of its files demand.
text() {
    local case=$work/tests/$1
    # CONTRIBUTING.md; GPL-2.0 alone "cannot be applied".
    sed --quiet 2p "$case" | grep --quiet --line-regexp --extended-regexp '# SPDX-License-Identifier: GPL-(3\.0\+|2\.0\+)' ||
        fails "no license that blktests takes"
    ! grep --quiet 'GPL-2.0-only' "$case" || fails "GPL-2.0-only in it"
    ! grep TODO "$case" || fails "TODO"
    [[ -f $case.out && ! -x $case.out ]] || fails "no $1.out, or one that is executable"
    # shellcheck disable=SC2119 # as its Makefile excludes it
    (cd "$work" && shellcheck -x -e SC2119 -f gcc "tests/$1") || fails "shellcheck"
    # Shell, without the C file in it: indented by tabs.
    sed "/<<'END_OF_C'/,/^END_OF_C/d" "$case" >"$work/shell"
    ! grep --line-number '^ ' "$work/shell" || fails "indented by blanks"
    local helper
    while IFS= read -r helper; do
        [[ $known == *" $helper "* ]] || fails "calls $helper, which is none of blktests' that we know"
    done < <(grep --only-matching --extended-regexp '(^|[^A-Za-z0-9_$/."-])_[a-z][a-z0-9_]+' "$work/shell" |
        grep --only-matching --extended-regexp '_[a-z][a-z0-9_]+' | sort --unique)
}

# As _call_test() there, with kernel files below $work and programs that do nothing: all passes, and what was changed is put back.
run() (
    cd "$work"
    # shellcheck disable=SC2016 # the case's own text
    sed "s|\"/\(sys\|proc/sys\)/|\"$work/\1/|g" "tests/$1" >"tests/$1.moved"
    export TEST_NAME=$1 TEST_DEV=/dev/vdz TEST_DEV_SYSFS=$work/sys/block/vdz
    : >"$CALLS"
    echo 253:0 >"$TEST_DEV_SYSFS/dev"
    # shellcheck source=/dev/null
    . "tests/$1.moved"
    # shellcheck source=/dev/null
    . common/programs
    requires
    device_requires
    [[ ${#SKIP_REASONS[@]} == 0 ]] || fails "left out: ${SKIP_REASONS[*]}"
    TIMEOUT=7 test_device >out 2>&1 || fails "status $?: $(cat out full)"
    "$TEST_CLEANUP" >>out 2>&1
    diff "tests/$1.out" out || fails "prints something else"
    grep --quiet ' run 7$' calls || fails "does not heed TIMEOUT: $(cat calls)"
    for call in 'swapon --priority 1 /dev/vdz' 'swapoff /dev/vdz' 'sysctl --quiet --write vm.swappiness=60' 'queue scheduler none'; do
        grep --quiet --line-regexp --fixed-strings -- "$call" calls || fails "does not call $call: $(cat calls)"
    done
    [[ ! -e $work/cgroup/blktests ]] || fails "leaves a cgroup"
    # Where there is no swap, it must not look like a pass.
    ! NO_SWAP=1 test_device >out 2>&1 || fails "passes without a load"
)

cases=0
for profile in "$root"/profiles/*.toml; do
    rm --recursive --force "$work/record"
    cp --recursive "$root/reports/samples/hang-two-tasks" "$work/record"
    cp "$profile" "$work/record/profile.toml"
    name=block/9$(printf '%02d' "$cases")
    status=0
    "$blkhang" report "$work/record" --format blktests -o "$work/tests/$name" 2>"$work/err" || status=$?
    if [[ $status == 2 ]]; then
        grep --quiet -e 'no case of blktests' -e 'it takes several disks' "$work/err"
        continue
    fi
    [[ $status == 0 ]]
    cases=$((cases + 1))
    metadata "$name"
    text "$name"
    run "$name"
done
((cases >= 5)) || { echo "$cases cases only"; exit 1; }

# Beside what is no case of blktests there is nothing.
"$blkhang" report "$root/reports/samples/hang-two-tasks" --format blktests -o "$work/case.sh"
[[ ! -e $work/case.sh.out ]]
