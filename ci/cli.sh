#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The built program on bad input: the exact exit status, and exactly one line on standard error that says what is wrong.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT
cd "$work"
export XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache NO_COLOR=1
failed=0

# refused STATUS WORDS ARGUMENT...: blkhang ARGUMENT... ends with STATUS, prints nothing on standard output, and one line
# with these words on standard error. It makes no directory: none of its own, and not the one that --out left names.
refused() {
    local want=$1 words=$2 status=0
    shift 2
    timeout 60 "$blkhang" "$@" >out 2>err </dev/null || status=$?
    local problems=()
    [[ $status == "$want" ]] || problems+=("exit status $status, not $want")
    [[ $(wc --lines <err) == 1 ]] || problems+=("not one line on standard error")
    grep --quiet '^blkhang: ' err || problems+=("standard error does not begin with 'blkhang: '")
    grep --quiet --fixed-strings -- "$words" err || problems+=("standard error does not say '$words'")
    [[ ! -s out ]] || problems+=("something on standard output")
    [[ ! -e state && ! -e left ]] || problems+=("it left a directory")
    if ((${#problems[@]})); then
        failed=1
        printf 'FAILED: blkhang %s\n' "$*"
        printf '  %s\n' "${problems[@]}"
        sed 's/^/  | /' err
    fi
}

# accepted ARGUMENT...: exit 0, something on standard output, nothing on standard error.
accepted() {
    local status=0
    timeout 60 "$blkhang" "$@" >out 2>err </dev/null || status=$?
    if [[ $status != 0 || ! -s out || -s err ]]; then
        failed=1
        printf 'FAILED: blkhang %s: exit status %s\n' "$*" "$status"
        sed 's/^/  | /' err
    fi
}

# The command line itself.
refused 2 'a command is missing'
refused 2 "did you mean 'run'" rnu
refused 2 "unknown command 'vigil'" vigil
refused 2 "did you mean '--guest'" run kvm-2011 --gest deb:6.1
refused 2 'PROFILE is missing' run
refused 2 'too many arguments' run kvm-2011 another --guest deb:6.1
refused 2 '--guest' run kvm-2011
refused 2 'on-this-host' run kvm-2011
refused 2 'which disks' run kvm-2011 --on-this-host
refused 2 'which disks' run kvm-2011 --on-this-host --disk /dev/null
refused 2 'is no disk' run kvm-2011 --on-this-host --disk /etc --swap-disk /etc
refused 2 'one of these three' run kvm-2011 --on-this-host --null-blk --files .
refused 2 'is no directory' run kvm-2011 --on-this-host --files nowhere
refused 2 'one of them' run kvm-2011 --on-this-host --null-blk --guest deb:6.1
refused 2 'goes with --on-this-host' run kvm-2011 --guest deb:6.1 --accept-freeze
refused 2 'goes with --on-this-host' run kvm-2011 --guest deb:6.1 --watchdog /dev/watchdog0
refused 2 'nothing says what is done then' run kvm-2011 --on-this-host --null-blk --give-up 10s
refused 2 '64MiB at least' run kvm-2011 --on-this-host --null-blk --memory-budget 0 --dry-run
refused 2 '64MiB at least' run kvm-2011 --on-this-host --null-blk --memory-budget 160 --dry-run
refused 2 'at least' run kvm-2011 --on-this-host --null-blk --watchdog /dev/watchdog0 --give-up 10ms
refused 2 '--color' check --color sometimes
refused 2 '--exit-style' check --exit-style posix
refused 2 '--no-attach is about this host' check --guest deb:6.1 --no-attach
refused 128 'PROFILE is missing' run --exit-style bisect
refused 99 'PROFILE is missing' run --exit-style=autotools
refused 5 'PROFILE is missing' run --exit-style=kselftest

# Profiles.
refused 2 "did you mean 'kvm-2011'" run kvm-2012 --guest deb:6.1
refused 2 "did you mean 'kvm-2011'" profiles kvm-2012
printf 'name = "x"\nsummary = "y"\n\n[churn]\nwokers = 3\n' >unknown-key.toml
refused 2 'unknown-key.toml:5:1' run ./unknown-key.toml --guest deb:6.1
refused 2 "did you mean 'churn.workers'" run ./unknown-key.toml --guest deb:6.1
printf 'name = "x"\nsummary = "y"\n\n[churn]\nworkers = "three"\n' >wrong-type.toml
refused 2 'wrong-type.toml:5:11' run ./wrong-type.toml --guest deb:6.1
printf 'name = "x"\nsummary = "y"\n[churn\n' >syntax.toml
refused 2 'syntax.toml:3:' run ./syntax.toml --guest deb:6.1
refused 2 'missing.toml' run ./missing.toml --guest deb:6.1
refused 2 'wokers' run kvm-2011 --guest deb:6.1 --set churn.wokers=3
refused 2 'churn.workers' run kvm-2011 --guest deb:6.1 --set churn.workers=many
refused 2 'fast' run kvm-2011 --guest deb:6.1 --duration fast
refused 2 '--deadline: ' run kvm-2011 --guest deb:6.1 --deadline soon
refused 2 '--deadline: expected at least 1s' run kvm-2011 --guest deb:6.1 --deadline 0s

# Kernels and planted bugs.
refused 2 'deb:' run kvm-2011 --guest debian
refused 2 '6.1' run kvm-2011 --guest deb:6.111
refused 2 'no-such-image' run kvm-2011 --guest "file:$work/no-such-image"
refused 2 'no-such-tree' run kvm-2011 --guest "tree:$work/no-such-tree"
echo 'not a kernel' >text
refused 2 'text' run kvm-2011 --guest "file:$work/text"
mkdir directory
refused 2 'directory' run kvm-2011 --guest "file:$work/directory"
refused 2 "did you mean 'sync-alloc'" run kvm-2011 --guest deb:6.1 --plant sync-aloc

refused 2 'file:' run kvm-2011 --guest /boot/vmlinuz
refused 2 'cannot read the kernel image: /nope: No such file' run kvm-2011 --guest file:/nope --dry-run --out left
refused 2 '/nope holds no built kernel' run kvm-2011 --guest tree:/nope --dry-run --out left

# Matrices: all that is wrong is found before there is a directory, be it one of our own or that of --out.
for out in '' left; do
    whole=(matrix --kernels deb:6.1 --profiles elv-switch ${out:+--out "$out"})
    none=(matrix ${out:+--out "$out"})
    refused 2 'no kernels' "${none[@]}" --profiles elv-switch
    refused 2 'no profiles' "${none[@]}" --kernels deb:6.1
    refused 2 "unknown profile 'elv-swich'; did you mean 'elv-switch'" "${none[@]}" --kernels deb:6.1 --profiles elv-swich
    refused 2 'missing.toml' "${none[@]}" --kernels deb:6.1 --profiles ./missing.toml
    refused 2 "profile 'elv-switch' is given twice" "${none[@]}" --kernels deb:6.1 --profiles elv-switch,elv-switch
    refused 2 'a profile without a name' "${none[@]}" --kernels deb:6.1 --profiles elv-switch,,elv-bfq
    refused 2 'a kernel without a name' "${none[@]}" --kernels , --profiles elv-switch
    refused 2 "kernel '6.111': did you mean 'deb:6.111'" "${none[@]}" --kernels deb:6.1,6.111 --profiles elv-switch
    refused 2 '/nope: No such file' "${none[@]}" --kernels deb:6.1,file:/nope --profiles elv-switch
    refused 2 '/nope holds no built kernel' "${none[@]}" --before deb:6.1 --after tree:/nope --profiles elv-switch
    refused 2 'before and after go together' "${none[@]}" --before deb:6.1 --profiles elv-switch
    refused 2 "did you mean 'sync-alloc'" "${whole[@]}" --plants none,sync-aloc
    refused 2 "unknown key 'churn.wokers'; did you mean 'churn.workers'" "${whole[@]}" --set churn.wokers=3
    refused 2 '--set churn.workers=many: expected' "${whole[@]}" --set churn.workers=many
    refused 2 'duration=fast: expected a duration' "${whole[@]}" --duration fast
    refused 2 'deadline: expected at least 1s' "${whole[@]}" --deadline 0s
    refused 2 '--deadline: ' "${whole[@]}" --deadline soon
    for option in jobs repeat; do
        refused 2 "$option: expected a whole number from 1 to 10000" "${whole[@]}" "--$option" 0
        refused 2 "$option: expected a whole number from 1 to 10000" "${whole[@]}" "--$option=-1"
        refused 2 "$option: expected a whole number from 1 to 10000" "${whole[@]}" "--$option" 20000
        refused 2 "'--$option' is invalid" "${whole[@]}" "--$option" many
    done
done
printf 'kernels = ["deb:6.1"]\nprofils = ["elv-switch"]\n' >matrix.toml
refused 2 "matrix.toml:2:1: unknown key 'profils'; did you mean 'profiles'" matrix matrix.toml --out left
printf 'kernels = ["deb:6.1"]\nprofiles = "elv-switch"\n' >matrix.toml
refused 2 "matrix.toml:2:12: key 'profiles': expected a list of texts" matrix matrix.toml --out left
printf 'jobs = 20000\n' >matrix.toml
refused 2 "matrix.toml:1:8: key 'jobs': expected a whole number from 1 to 10000" matrix matrix.toml --out left
printf 'duration = "fast"\n' >matrix.toml
refused 2 "matrix.toml:1:12: key 'duration': expected a duration" matrix matrix.toml --out left
printf 'kernels = [\n' >matrix.toml
refused 2 'matrix.toml:' matrix matrix.toml --out left
refused 2 'missing.toml: No such file' matrix missing.toml --out left
refused 2 '--resume needs the directory of the matrix' matrix --resume
refused 2 '--calibrate does not go with --resume' matrix --resume --calibrate --out left
refused 2 '--jobs does not go with --resume' matrix --resume --jobs 2 --out left
refused 2 'left holds no matrix to resume' matrix --resume --out left

# Cells and comparisons of directories that are none.
refused 2 'DIR is missing' cell
refused 2 'nowhere: No such file' cell nowhere
refused 2 'directory holds no cell.json' cell directory
mkdir broken
echo '{' >broken/cell.json
refused 2 'damaged cell: not JSON' cell broken
printf '{"schema": "blkhang-cell/1", "id": "../../etc"}' >broken/cell.json
refused 2 'damaged cell: ' cell broken
rm broken/cell.json
ln --symbolic /etc/passwd broken/cell.json
refused 2 'cell.json: expected a regular file, found a link' cell broken
refused 2 'BEFORE is missing' compare
refused 2 'AFTER is missing' compare directory
refused 2 'are the same directory' compare directory ./directory
refused 2 'nowhere: No such file' compare nowhere directory
refused 2 'directory holds neither record.json nor matrix.json' compare directory broken
refused 2 'exclude each other' compare directory broken --json --mail
refused 2 'RECORD is missing' minimize
refused 2 'nowhere: No such file' minimize nowhere
refused 2 'that is never so' minimize directory --need 5 --boots 4
refused 2 'leaves nothing beside' minimize directory --most 5
refused 2 'has to be 1 at least' minimize directory --jobs 0

# Records.
refused 2 'nowhere' report nowhere
mkdir damaged
echo '{' >damaged/record.json
refused 2 'damaged' report damaged
refused 2 'foreign' report directory/../foreign
refused 2 'sometimes' report damaged --color sometimes
refused 2 'damaged' report damaged --format html
refused 2 'goes with --format html or mail' report damaged --baseline damaged
refused 2 'name a directory' report directory
echo '{}' >directory/events.ndjson
refused 2 'the run was cut short' report directory
: >damaged/record.json
refused 2 'it is empty' report damaged
printf '{"schema": "blkhang-record/0"}' >damaged/record.json
refused 2 'run the profile again' report damaged
printf '{"schema": "blkhang-record/2"}' >damaged/record.json
refused 2 'newer blkhang' report damaged
printf '{"schema": "blkhang-record/1"}' >damaged/record.json
refused 2 'verdict: missing' report damaged
printf '{"schema": "blkhang-record/1\xff"}' >damaged/record.json
refused 2 'not JSON (in UTF-8) from line 1' report damaged
head --bytes 10000000 /dev/zero | tr '\0' '[' >damaged/record.json
refused 2 'nests 10000000 deep' report damaged
truncate --size 100M damaged/record.json
refused 2 '100MiB' report damaged
rm damaged/record.json
mkfifo damaged/record.json
refused 2 'expected a regular file, found a FIFO' report damaged
rm damaged/record.json
ln --symbolic /etc/passwd damaged/record.json
refused 2 'expected a regular file, found a link' report damaged
rm damaged/record.json
mkdir damaged/record.json
refused 2 'expected a regular file, found a directory' report damaged

# How reports look.
refused 2 '60 to 160' report directory --columns 40
refused 2 'telling or full' report directory --stacks some
refused 2 'goes with --format text' report directory --format json --stacks full
refused 2 'goes with --format text' report directory --format junit --columns 80
refused 2 'goes with --format text or html or mail' report directory --format kcidb --templates .
refused 2 'nowhere' report directory --templates nowhere
mkdir templates
: >templates/recod.txt.mustache
refused 2 "did you mean 'record.txt.mustache'" report directory --templates templates

# Mails and bundles.
refused 2 'damaged' report damaged --format mail
refused 2 'damaged' report damaged --bundle x.tar.zst
refused 2 '--bundle takes a FILE.tar.zst' report damaged --bundle x.zip
refused 2 '--keep-identity goes with --bundle only' report damaged --keep-identity
refused 2 '--bundle is a file of its own' report damaged --bundle x.tar.zst --format json
refused 2 '--baseline goes with --format html or mail only' report damaged --baseline damaged
refused 2 '--tree goes with --format mail only' report damaged --tree .
refused 2 '--vmlinux goes with --format mail only' report damaged --format text --vmlinux text

# Logs of past freezes.
refused 2 'FILE is missing' diagnose
refused 2 'nowhere' diagnose nowhere
refused 2 'is no release of a kernel' diagnose text --kernel new
refused 2 '--format is one of' diagnose text --format pdf
refused 2 'nowhere' diagnose text --vmlinux nowhere
refused 2 'is no ELF file' diagnose text --vmlinux text

# Evidence of hosts.
refused 2 '--listen is missing' collect
refused 2 '--key is missing' collect --listen 127.0.0.1:0
(umask 022 && printf '0123456789abcdef0123456789abcdef\n' >open-key)
refused 2 'chmod 600' collect --listen 127.0.0.1:0 --key open-key
(umask 077 && printf 'short\n' >short-key && printf '0123456789abcdef0123456789abcdef\n' >key)
refused 2 'at least 16 bytes' collect --listen 127.0.0.1:0 --key short-key
refused 2 'is no address and port' collect --listen nowhere --key key
refused 2 '--per-host' collect --listen 127.0.0.1:0 --key key --per-host 1MiB
refused 2 '--total' collect --listen 127.0.0.1:0 --key key --total 1MiB
refused 2 'listening at 192.0.2.1:6667' collect --listen 192.0.2.1 --key key
refused 2 'nothing is named' recover
refused 2 'nowhere' recover --journal nowhere
refused 2 'holds no journal' recover --journal text
refused 2 'nowhere' recover --pstore=nowhere
refused 2 'nowhere' recover --collected nowhere
refused 2 'nowhere' recover --log nowhere --out left
refused 2 'too many arguments' cleanup everything
refused 2 '--dry-run' cleanup --dry-rum

# As an ordinary user, what needs no root works, and what cannot be read is said so.
if ((EUID == 0)); then
    chmod 755 "$work"
    install --mode 600 text unreadable
    install --mode 755 "$blkhang" "$work/copy"
    mkdir --mode 777 theirs
    status=0
    XDG_CACHE_HOME=$work/theirs setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$work/copy" run kvm-2011 --guest "file:$work/unreadable" >out 2>err || status=$?
    if [[ $status != 2 || $(wc --lines <err) != 1 ]] || ! grep --quiet 'unreadable' err; then
        failed=1
        echo "FAILED: unreadable image: exit status $status"
        cat err
    fi
    status=0
    setpriv --reuid 65534 --regid 65534 --clear-groups "$work/copy" cleanup --dry-run >out 2>err || status=$?
    if [[ $status != 4 || $(wc --lines <err) != 1 || -s out ]] || ! grep --quiet 'only root can' err; then
        failed=1
        echo "FAILED: cleanup of an ordinary user: exit status $status"
        cat err
    fi
    mkdir secret
    install --mode 600 text secret/record.json
    status=0
    setpriv --reuid 65534 --regid 65534 --clear-groups "$work/copy" report secret >out 2>err || status=$?
    if [[ $status != 2 || $(wc --lines <err) != 1 ]] || ! grep --quiet 'secret/record.json: Permission denied' err; then
        failed=1
        echo "FAILED: unreadable record: exit status $status"
        cat err
    fi
fi

accepted --help
accepted --version
accepted -q --help
accepted help
"$blkhang" --help >page
cmp --quiet page out || { failed=1; echo 'FAILED: blkhang help is not blkhang --help'; }
for command in check watch profiles run matrix cell compare minimize report diagnose collect recover prepare cleanup; do
    accepted "$command" --help
    mv out page
    accepted help "$command"
    cmp --quiet page out || { failed=1; echo "FAILED: blkhang help $command is not blkhang $command --help"; }
done
refused 2 "unknown command 'rnu'; did you mean 'run'" help rnu
accepted profiles
accepted profiles kvm-2011
accepted profiles kvm-2011 --color never

# This host, whatever it is: all is said, for people and for programs, and within a time that its load may stretch.
for options in '' --json; do
    status=0
    # shellcheck disable=SC2086 # none is one fewer
    timeout 60 "$blkhang" check --no-attach $options >"host$options" 2>err </dev/null || status=$?
    if [[ $status != [04] || -s err ]]; then
        failed=1
        echo "FAILED: blkhang check --no-attach $options: exit status $status"
        sed 's/^/  | /' err
    fi
done
grep --quiet '^This kernel (.*) leaves [0-9]* of the family' host || { failed=1; echo 'FAILED: check does not say what the kernel leaves possible'; }
grep --quiet 'not tried (--no-attach)' host || { failed=1; echo 'FAILED: check does not say that no tier was tried'; }
"$here/../reports/validate.py" host--json || failed=1

# Nothing is left behind by what was refused.
if [[ -e $work/state ]]; then
    failed=1
    echo "FAILED: a refused run left something in $(find "$work/state" | tail -n 1)"
fi
exit "$failed"
