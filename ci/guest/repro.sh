#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A reproducer that needs no blkhang, in a guest of stock 6.1: it refuses disks that are not blank, not of the size that is said, or
# somebody's, and writes to none of them; then it hangs that kernel, as blkhang sees, which only watches, and the kernel itself says.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

exec python3 "$(dirname "${BASH_SOURCE[0]}")/../repro/once.py" "$blkhang"
