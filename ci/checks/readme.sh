#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# readme.sh BLKHANG: what README.md shows of measurements is what the program says. `readme.sh BLKHANG --write` puts it
# there.
set -euo pipefail
exec python3 - "$(dirname "${BASH_SOURCE[0]}")/../../README.md" "$@" <<'PYTHON'
import pathlib, subprocess, sys

readme = pathlib.Path(sys.argv[1])
said = subprocess.run([sys.argv[2], "profiles"], check=True, capture_output=True, text=True).stdout
table = said.split("runs by verdict:\n\n")[1]
begin, end = "<!-- as `blkhang profiles` says -->\n```\n", "```\n<!-- end -->\n"
before, rest = readme.read_text().split(begin)
shown, after = rest.split(end)
if sys.argv[3:] == ["--write"]:
    readme.write_text(before + begin + table + end + after)
elif shown != table:
    sys.exit("README.md shows other measurements than `blkhang profiles`: ci/checks/readme.sh build/blkhang --write")
PYTHON
