#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # commands are expanded where they run
# cli-descriptors.sh BLKHANG: standard descriptors that are closed or full.
set -euo pipefail
blkhang=$(readlink --canonicalize-existing "$1")
record=$(readlink --canonicalize-existing "$(dirname "${BASH_SOURCE[0]}")/../reports/samples/hang-self")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT
export blkhang record
failed=0

# ends STATUS WORDS COMMAND: it ends so, and says these words in one line on standard error, or nothing.
ends() {
    local want=$1 words=$2 status=0 command=$3
    bash -c "cd $work && $command" 2>"$work/err" || status=$?
    if [[ $status != "$want" || ($words == '' && -s $work/err) ]] ||
        { [[ $words != '' ]] && [[ $(cat "$work/err") != *"$words"* || $(wc --lines <"$work/err") != 1 ]]; }; then
        failed=1
        printf 'FAILED: %s: exit status %s\n' "$command" "$status"
        sed 's/^/  | /' "$work/err"
    fi
}
ends 5 'blkhang: writing the output: No space left on device' '"$blkhang" profiles >/dev/full'
ends 5 'blkhang: writing the output: Bad file descriptor' '"$blkhang" profiles >&-'
ends 5 'blkhang: writing the output: No space left on device' '"$blkhang" report "$record" --format html >/dev/full'
ends 5 'No space left on device' '"$blkhang" --help >/dev/full'
ends 5 '' '"$blkhang" profiles >/dev/full 2>/dev/full'
ends 2 '' '"$blkhang" rnu 2>/dev/full'
ends 2 '' '"$blkhang" rnu 2>&-'
ends 2 '' '"$blkhang" rnu <&- >&- 2>&-'
ends 0 '' '"$blkhang" profiles 2>&- >out <&-'

# A file that may grow no further is said so, and leaves nothing.
ends 5 'File too large' 'ulimit -f 1 && "$blkhang" report "$record" --format html -o page'
[[ ! -e $work/page && -z $(find "$work" -name '*.part') ]] || failed=1

# A file that is written while all of them are closed holds what it would hold otherwise.
"$blkhang" report "$record" --format json -o "$work/whole"
ends 0 '' '"$blkhang" report "$record" --format json -o closed <&- >&- 2>&-'
cmp "$work/whole" "$work/closed" || failed=1
exit "$failed"
