# SPDX-License-Identifier: GPL-2.0-only
"""Matrices on the cluster of ci/cluster/run, whose guests a program stands in for that is quick and always says the same."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
STANDIN = HERE.parent / "standin"
sys.path.insert(0, str(STANDIN))
from bz_image import image  # noqa: E402

NAME = re.compile(r"job \d+ on node (n[12])")


def jobs():
    return subprocess.run(["squeue", "--noheader"], capture_output=True, text=True).stdout


def processes_of(word):
    found = []
    for directory in pathlib.Path("/proc").iterdir():
        try:
            if directory.name.isdigit() and word in (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(int(directory.name))
        except OSError:
            pass
    return found


class Cluster:
    def __init__(self, blkhang, scratch):
        self.blkhang, self.scratch = str(pathlib.Path(blkhang).resolve()), scratch
        image(scratch / "bzImage")
        self.environment = dict(os.environ, PATH=f"{STANDIN}:{os.environ['PATH']}", HOME=str(scratch), BLKHANG_STANDIN="two-proofs",
                                BLKHANG_STANDIN_TEST=str(scratch), XDG_CACHE_HOME=str(scratch / "cache"))

    def command(self, name, cells, *more):
        return [self.blkhang, "matrix", "--kernels", f"file:{self.scratch / 'bzImage'}", "--profiles", "kvm-2011", "--repeat", str(cells),
                "--executor", "slurm", "--out", str(self.scratch / name), *more]

    def start(self, name, cells, *more):
        return subprocess.Popen(self.command(name, cells, *more), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    def resume(self, name, *more):
        return subprocess.run([self.blkhang, "matrix", "--resume", "--trust-kernels", "--executor", "slurm", "--out", str(self.scratch / name),
                               *more],
                              env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)

    def records(self, name):
        return sorted(path.parent.name for path in (self.scratch / name / "cells").glob("*/record.json"))

    def nodes(self, name):
        logs = [path.read_text() for path in (self.scratch / name / "cells").glob("*/cell.log")]
        return {found[1] for log in logs if (found := NAME.search(log))}

    def verdicts(self, name):
        return {cell["id"]: cell["verdict"] for cell in json.loads((self.scratch / name / "matrix.json").read_text())["cells"]}

    def until(self, what, seconds=120):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True
