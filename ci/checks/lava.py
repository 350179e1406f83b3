#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""ci/checks/lava.py BLKHANG: does LAVA's own schema (Debian's lava-common) take the jobs of `blkhang matrix --export-lava`, and do their
steps, run by a shell, report each exit status of `blkhang cell` as the lava-test-case that it is? 77 without that package."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import voluptuous
    import yaml
    from lava_common.schemas import validate
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

RESULTS = {0: "pass", 1: "fail", 2: "unknown", 3: "unknown", 4: "skip", 5: "unknown"}


def is_taken(job):
    try:
        validate(job)
        return True
    except voluptuous.Invalid:
        return False


def program(directory, name, text):
    (directory / name).write_text(f"#!/bin/sh\n{text}\n")
    (directory / name).chmod(0o755)


def result_of(steps, code):
    """What lava-test-case is told, and the cell that `blkhang cell` finds, where that ends so."""
    with tempfile.TemporaryDirectory() as scratch:
        work = pathlib.Path(scratch)
        program(work, "fetched", f'[ "$1" = cell ] || exit 0\ntouch "$2/record.json"\nexit {code}')
        program(work, "wget", f'while [ "$1" != -O ]; do shift; done\ncp {work}/fetched "$2"')
        program(work, "lava-test-case", f'echo "$*" >{work}/told')
        # As LAVA runs steps: one shell for all, which ends at none of them.
        subprocess.run(["sh", "-c", "\n".join(steps)], cwd=work, env={**os.environ, "PATH": f"{work}:{os.environ['PATH']}"},
                       stdout=subprocess.DEVNULL, check=True, timeout=60)
        return (work / "told").read_text().strip(), json.loads((work / "cell/cell.json").read_text())


def main(blkhang):
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        jobs = pathlib.Path(scratch, "jobs")
        subprocess.run([blkhang, "matrix", "--kernels", "deb:6.1,running", "--profiles", "kvm-2011,elv-switch", "--plants", "none,sync-alloc",
                        "--repeat", "2", "--export-lava", jobs], stdout=subprocess.DEVNULL, check=True)
        found = sorted(jobs.iterdir())
        if len(found) != 32:
            wrong.append(f"{len(found)} jobs for 16 cells on two devices")
        for path in found:
            try:
                validate(yaml.safe_load(path.read_text()))
            except (voluptuous.Invalid, yaml.YAMLError) as problem:
                wrong.append(f"{path.name}: {problem}")
        for path in (path for path in found if path.name.startswith("deb-6.1_kvm-2011_sync-alloc_2.")):
            steps = yaml.safe_load(path.read_text())["actions"][-1]["test"]["definitions"][0]["repository"]["run"]["steps"]
            for code, result in RESULTS.items():
                told, cell = result_of(steps, code)
                if told != f"deb-6.1_kvm-2011_sync-alloc_2 --result {result}":
                    wrong.append(f"{path.name}: exit status {code} is told as: {told}")
                if (cell["pinned"], cell["plant"], cell["repeat"]) != ("deb:6.1", "sync-alloc", 2):
                    wrong.append(f"{path.name}: its cell is {cell}")
        # A schema that takes anything would prove nothing.
        spoilt = yaml.safe_load(found[0].read_text())
        del spoilt["timeouts"]
        if is_taken(spoilt):
            wrong.append("the schema takes a job without timeouts")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


main(sys.argv[1])
