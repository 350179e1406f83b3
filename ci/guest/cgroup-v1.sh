#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Version 1 of the cgroup interface, forced: blkio throttles do their work there too.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"

run v1 --set cgroup.version=1 --duration 15s
expect v1 "r['verdict']['value'] in ('clean', 'inconclusive')"
expect v1 "r['load']['cgroups_created'] > 0"
expect v1 "any(item['id'] == 'throttled_bios' and item['count'] > 0 for item in r['coverage'])"
[[ $status == 0 || $status == 3 ]] || die "exit $status"
