#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# repro.sh BLKHANG: what `blkhang report --format repro` writes, of each profile that ships: shellcheck and compilers have
# nothing to say against it, and run here it refuses before it does anything.
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

made=0
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
    CC='cc -std=c11 -Wall -Wextra -Werror' sh "$work/$name.sh" --build "$work/program"
done
((made >= 9))

# It asks for root first, then for a virtual machine, then what it was given.
truncate --size=1G "$work/file"
if ((EUID != 0)); then
    refused 'this needs root' "$work/elv-switch.sh" "$work/file" 1073741824
elif ! grep --quiet '^flags.* hypervisor' /proc/cpuinfo; then
    refused 'no virtual machine' "$work/elv-switch.sh" "$work/file" 1073741824
else
    # Xen's dom0 has that flag, too. Here its file is another one.
    echo control_d >"$work/capabilities"
    sed "s|/proc/xen/capabilities|$work/capabilities|" "$work/elv-switch.sh" >"$work/dom0.sh"
    refused 'dom0' "$work/dom0.sh" "$work/file" 1073741824
    refused 'usage: sh repro.sh DISK BYTES,' "$work/elv-switch.sh"
    refused 'usage: sh repro.sh DISK BYTES DISK BYTES...,' "$work/iocost-enable.sh" "$work/file" 1073741824
    refused 'is no whole disk' "$work/elv-switch.sh" "$work/file" 1073741824
    refused 'give it another name' "$work/elv-switch.sh" "$work/a b" 1073741824
fi
# The same disk under another name, after it was let pass: only what the script does at its end is another thing.
ln --symbolic "$work/file" "$work/link"
sed '$d' "$work/iocost-enable.sh" >"$work/twice.sh"
echo "disks= names=' file'; check '$work/link' 1073741824 67108864" >>"$work/twice.sh"
refused 'is given twice' "$work/twice.sh"
refused 'not understood' -c "\"$work/repro\" hogs 1"
refused 'not understood' -c "\"$work/repro\" reboot"
# As many writes as blkhang lets a script have, and one more.
shots=$(printf ' shot - /dev/null x%.0s' {1..63})
refused 'not understood' -c "\"$work/repro\" trigger 1 1 1$shots reboot"
refused 'the last of them: run' -c "\"$work/repro\" trigger 1 1 1$shots shot - /dev/null x reboot"
