#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# repro.sh BLKHANG: what `blkhang report --format repro` and `blktests` write, of each profile that ships: shellcheck and
# compilers have nothing to say against it, run here it refuses before it does anything, and a case of blktests has what
# blktests asks a case for.
set -euo pipefail
root=$(readlink --canonicalize "$(dirname "${BASH_SOURCE[0]}")/../..")
blkhang=$(readlink --canonicalize-existing "$1")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

# refused WORDS ARGUMENT...: the script ends with status 2 and says these words.
refused() {
    local words=$1 status=0
    shift
    sh "$@" >"$work/out" 2>&1 || status=$?
    if [[ $status != 2 ]] || ! grep --quiet --fixed-strings -- "$words" "$work/out"; then
        echo "sh $*: exit status $status"
        cat "$work/out"
        return 1
    fi
}

# What a case of blktests finds there, as far as shellcheck and bash have to know it.
mkdir --parents "$work/tests/block" "$work/common"
cat >"$work/tests/block/rc" <<'END'
# shellcheck shell=bash
SKIP_REASONS=()
_have_program() { command -v "$1" >/dev/null || SKIP_REASONS+=("no $1"); }
_have_module() { echo "module $1"; }
_used_there() { echo "$DESCRIPTION $TIMED ${SKIP_REASONS[*]}"; }
END
cat >"$work/common/cgroup" <<'END'
# shellcheck shell=bash
_have_cgroup2_controller() { echo "controller $1"; }
_cgroup2_base_dir() { echo /sys/fs/cgroup; }
_init_cgroup2() { CGROUP2_DIR=$(_cgroup2_base_dir)/blktests; }
_exit_cgroup2() { unset CGROUP2_DIR; }
END

# blktests_case FILE: to be called where blktests' check is, as that does.
blktests_case() {
    (cd "$work" && shellcheck --external-sources --source-path="$work" --exclude=SC2119 "$1" &&
        bash -euc '. "$1"; [[ $DESCRIPTION ]]; declare -F requires device_requires test_device; requires
            TEST_DEV=/dev/null device_requires; [[ ${SKIP_REASONS[*]} == *"no whole disk"* ]]' bash "$1") >"$work/out" 2>&1 ||
        { cat "$work/out"; return 1; }
}

made=0 cases=0
for profile in "$root"/profiles/*.toml; do
    name=$(basename "$profile" .toml)
    rm --recursive --force "$work/record"
    cp --recursive "$root/reports/samples/hang-two-tasks" "$work/record"
    cp "$profile" "$work/record/profile.toml"
    status=0
    "$blkhang" report "$work/record" --format repro -o "$work/$name.sh" 2>"$work/err" || status=$?
    if [[ $status == 2 ]]; then
        grep --quiet 'no script without blkhang' "$work/err"
        continue
    fi
    [[ $status == 0 ]]
    made=$((made + 1))
    shellcheck "$work/$name.sh"
    # The same C file in all of them.
    sed --quiet "/<<'END_OF_C'/,/^END_OF_C/p" "$work/$name.sh" | sed '1d;$d' >"$work/$name.c"
    if [[ $made == 1 ]]; then
        lines=$(wc --lines <"$work/$name.c")
        ((lines <= 300)) || { echo "the C file has $lines lines"; exit 1; }
        for compiler in gcc clang; do
            "$compiler" -std=c11 -Wall -Wextra -Werror -O2 -o "$work/repro" "$work/$name.c"
        done
        first=$name
    fi
    cmp "$work/$first.c" "$work/$name.c"
    status=0
    "$blkhang" report "$work/record" --format blktests -o "$work/tests/block/900" 2>"$work/err" || status=$?
    if [[ $status == 0 ]]; then
        cases=$((cases + 1))
        blktests_case tests/block/900
    else
        [[ $status == 2 ]] && grep --quiet 'it takes several disks' "$work/err"
    fi
    CC='cc -std=c11 -Wall -Wextra -Werror' sh "$work/$name.sh" --build "$work/program"
done
((made >= 9 && cases >= 5))

# It asks for root first, then for a virtual machine, then what it was given.
truncate --size=1G "$work/file"
if ((EUID != 0)); then
    refused 'this needs root' "$work/elv-switch.sh" "$work/file" 1073741824
elif ! grep --quiet '^flags.* hypervisor' /proc/cpuinfo; then
    refused 'no virtual machine' "$work/elv-switch.sh" "$work/file" 1073741824
else
    refused 'usage: sh repro.sh DISK BYTES,' "$work/elv-switch.sh"
    refused 'usage: sh repro.sh DISK BYTES DISK BYTES...,' "$work/iocost-enable.sh" "$work/file" 1073741824
    refused 'is no whole disk' "$work/elv-switch.sh" "$work/file" 1073741824
    refused 'give it another name' "$work/elv-switch.sh" "$work/a b" 1073741824
fi
refused 'not understood' -c "\"$work/repro\" hogs 1"
refused 'not understood' -c "\"$work/repro\" reboot"
# As many writes as blkhang lets a script have, and one more.
shots=$(printf ' shot - /dev/null x%.0s' {1..63})
refused 'not understood' -c "\"$work/repro\" trigger 1 1 1$shots reboot"
refused 'the last of them: run' -c "\"$work/repro\" trigger 1 1 1$shots shot - /dev/null x reboot"
