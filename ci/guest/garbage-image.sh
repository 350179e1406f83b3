#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An image with the header of a kernel and nothing behind it: boots nothing, and blkhang says so in good time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

python3 - "$work/bzImage" <<'PYTHON'
import sys

image = bytearray(1 << 20)
image[0x1F1] = 4                         # setup sectors
image[0x1FE:0x200] = b"\x55\xaa"         # boot flag
image[0x200:0x202] = b"\xeb\x66"         # jump
image[0x202:0x206] = b"HdrS"
image[0x206:0x208] = b"\x0c\x02"         # protocol 2.12
image[0x20E:0x210] = b"\x00\x03"         # where its release stands, from the end of the first sector on
image[0x500:0x50E] = b"9.9.9-garbage\0"
image[0x211] = 1                         # loaded high
image[0x22C:0x230] = b"\xff\xff\xff\x7f"  # highest address of an initrd
image[0x268:0x26B] = b"\xf4\xeb\xfd"       # where it jumps to: hlt, for ever
with open(sys.argv[1], "wb") as file:
    file.write(image)
PYTHON
kernel=file:$work/bzImage
SECONDS=0
run garbage --duration 5s --quiet 2>"$work/stderr"
cat "$work/stderr"
[[ $status == 5 ]] || die "exit $status"
# A minute, and four on a busy host (tool/lab/busy_host.h).
((SECONDS < 260)) || die "took $SECONDS s"
[[ ! -e $work/garbage/record.json ]] || expect garbage "r['verdict']['value'] == 'error'"
