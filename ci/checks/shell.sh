#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The scripts here are clean under shellcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

grep --recursive --files-with-matches --null --extended-regexp '^#!/bin/(ba)?sh' ci .ci |
    xargs --null shellcheck --external-sources --source-path=SCRIPTDIR
