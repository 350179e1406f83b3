#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A stock kernel under the load that hangs a bad one is never called bad, and the record says what was exercised.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

run stock --duration 40s
expect stock "r['verdict']['value'] in ('clean', 'inconclusive')"
[[ $status == 0 || $status == 3 ]] || die "exit $status"
expect stock "'deadlock' not in r"
expect stock "r['trials'] > 0"
expect stock "r['lost_events'] == 0"
expect stock "r['tier']['used'] == 'fentry' and not r['tier']['missing']"
expect stock "r['kernel']['release'].startswith('6.1.')"
expect stock "r['load']['cgroups_created'] > 0 and r['load']['swapped_out'] > 0"
