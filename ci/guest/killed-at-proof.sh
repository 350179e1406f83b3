#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that die while their proof leaves them: what is out of them is a hang, and nothing else is claimed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

"$(dirname "${BASH_SOURCE[0]}")/../kill_at_proof.py" "$blkhang" 4 "$work"
