#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""once.py BLKHANG: a reproducer of elv-switch in one guest of stock 6.1. It refuses what it should, and what it refuses it does not
write to; then the guest hangs, by two witnesses. Exit status 77 if there is no such kernel."""
import sys, tempfile

import boot, count

# Smaller than the profile's, for all that is written to is looked at: 128 MiB of swap, and 64 behind that are written to.
DISK_MIB, USED_MIB = 208, 192
BEFORE = f"""
bytes=$(({DISK_MIB} * 1048576))
try() {{ # WORDS ARGUMENT...
    words=$1
    shift
    said=$(sh /repro.sh "$@" 2>&1)
    status=$?
    case "$status $said" in
    "2 "*"$words"*) echo "refused: $words" ;;
    *) echo "NOT refused: $words: $status $said" ;;
    esac
}}
mark() {{ printf "$1" | dd of=/dev/vda bs=1 seek="$2" conv=notrunc 2>/dev/null; }}
try 'usage: sh repro.sh DISK BYTES,' /dev/vda
try 'is no whole disk' /repro.sh "$bytes"
try "has $bytes bytes, not 1048576" /dev/vda 1048576
mark x 99999999
try 'is not blank' /dev/vda "$bytes"
mark '\\000' 99999999
mark x $((bytes - 1))
try 'is not blank' /dev/vda "$bytes"
mark '\\000' $((bytes - 1))
cmp -n "$bytes" /dev/vda /dev/zero && echo "nothing written"
mkswap -L repro /dev/vda >/dev/null
swapon /dev/vda
try 'cannot be had for this alone' /dev/vda "$bytes"
swapoff /dev/vda
"""
REFUSED = 6


def main():
    with tempfile.TemporaryDirectory() as out:
        try:
            kernel = boot.Kernel("6.1", ["mq-deadline"], out)
        except LookupError as why:
            print(f"skipped: {why}")
            sys.exit(77)
        script, program, _ = count.make(sys.argv[1], "elv-switch", out,
                                        lambda toml: toml.replace('size = "512MiB"', 'size = "128MiB"'))
        seen = boot.boot(kernel, script, program, [DISK_MIB << 20], sys.argv[1], before=BEFORE)
        row = count.row_of(seen, ["elv_iosched_store"])
        refused = sum(line.startswith("refused: ") for line in seen.lines)
        wrong = [line for line in seen.lines if "NOT refused" in line]
        kept = "nothing written" in seen.lines
        print(f"refused {refused} of {REFUSED}, {'kept' if kept else 'WROTE TO'} the disk; {row}")
        if wrong or refused != REFUSED or not kept or not row["hung"]:
            print("\n".join(wrong + seen.lines[-200:]))
            sys.exit(1)


main()
