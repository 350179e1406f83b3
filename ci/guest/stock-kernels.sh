#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The stock kernels of the catalogue, watched by the tier that suits them (kprobe where the kernel preempts itself,
# fentry elsewhere): none loses an event, none is called bad. Short: whether there is enough coverage for a clean verdict
# is a question for ci/bench, not here.
set -euo pipefail
# shellcheck source=ci/guest-lib.sh
source "$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")/../guest-lib.sh"

# Suites move on: a series that is neither offered nor cached any more is skipped, and said to be.
mapfile -t kernels < <("$blkhang" matrix --list-kernels --json | python3 -c '
import json, sys
for kernel in json.load(sys.stdin):
    if kernel["package"]:
        print(kernel["kernel"])
    else:
        print("SKIPPED", kernel["kernel"] + ":", kernel["problem"], file=sys.stderr)')
[[ " ${kernels[*]} " == *" deb:6.1 "* ]] || die "there is no deb:6.1"

list=$(IFS=,; echo "${kernels[*]}")
status=0
"$blkhang" matrix --kernels "$list" --profiles kvm-2011 --duration 12s --jobs 2 --out "$work/stock" || status=$?
[[ $status == 0 || $status == 3 ]] || die "exit status $status"
python3 - "$work/stock" <<'PYTHON' || die "see above"
import json, pathlib, sys
bad = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("cells/*/record.json")):
    record = json.loads(path.read_text())
    print(path.parent.name, record["verdict"]["value"], record["tier"]["used"], "lost", record["lost_events"])
    # Where the per-CPU allocator reclaims without IO, its mutex's owner must not be seen to reclaim with it.
    edges = {(edge["outer"], edge["inner"]) for edge in record["nesting"]}
    bad += not record["kernel"]["config"]
    noio = record["kernel"]["fingerprints"].get("percpu_backing_noio") == "yes"
    config = record["kernel"]["config"]
    preempts = "y" in (config.get("CONFIG_PREEMPT"), config.get("CONFIG_PREEMPT_LAZY"))
    bad += record["tier"]["used"] != ("kprobe" if preempts else "fentry")
    bad += record["lost_events"] != 0 or record["verdict"]["value"] not in ("clean", "inconclusive")
    bad += noio and ("percpu_mutex", "reclaim") in edges
    # Where the load takes a group of its own for each array, as before 4.19, there are more groups than arrays.
    arrays, groups = record["load"]["maps_created"], record["load"]["cgroups_created"]
    print("  arrays", arrays, "groups", groups)
    bad += arrays < 2 * groups
sys.exit(bad)
PYTHON
