#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""pace.py BLKHANG KERNEL CELLS FIRST: inside ci/cluster/run, makes so many cells of kvm-2011 in guests on the cluster, and as many with
--jobs 2, the one that FIRST names (cluster, local) before the other; prints as JSON how many seconds each took and what the cells
came to."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HOW = {"cluster": ("--executor", "slurm"), "local": ("--jobs", "2")}


def main(blkhang, kernel, cells, first):
    figures = {"cells": cells, "first": first}
    with tempfile.TemporaryDirectory(dir=os.environ["CLUSTER"]) as scratch:
        for how in sorted(HOW, key=lambda each: each != first):
            out = pathlib.Path(scratch) / how
            began = time.monotonic()
            subprocess.run([blkhang, "matrix", "--kernels", kernel, "--profiles", "kvm-2011", "--repeat", str(cells), "--quiet", "--out", out,
                            *HOW[how]], stdout=subprocess.DEVNULL, check=False)
            done = json.loads((out / "matrix.json").read_text())["cells"]
            figures[how] = {"seconds": round(time.monotonic() - began, 1), "verdicts": sorted(cell["verdict"] for cell in done)}
    print(json.dumps(figures))


main(str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2], int(sys.argv[3]), sys.argv[4])
