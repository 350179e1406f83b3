#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""scale.py BLKHANG CELLS: inside ci/cluster/run, hands so many cells to the cluster, whose guests a program stands in for, and
prints as JSON how long it took until the first ran, until all are handed on, how much memory whoever submits has at most, which
part of a CPU the matrix takes from then on, a live table and the commands of Slurm included, and how long it takes to end when it is
interrupted a minute later."""
import contextlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from matrices import Cluster  # noqa: E402

WATCHED_S, SETTLED_S = 60, 5  # the last list is there before its array is


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid):
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def start_on_terminal(cluster, name, cells):
    """So that there is a live table; it is read, and thrown away."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(cluster.command(name, cells), env={**cluster.environment, "TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)

    def read():
        with contextlib.suppress(OSError):  # at its end
            while os.read(ours, 1 << 16):
                pass

    threading.Thread(target=read, daemon=True).start()
    return run


def main(blkhang, cells):
    with tempfile.TemporaryDirectory(dir=os.environ["CLUSTER"]) as name:
        cluster = Cluster(blkhang, pathlib.Path(name))
        began = time.monotonic()
        run = start_on_terminal(cluster, "large", cells)
        first = cluster.until(lambda: list((cluster.scratch / "large/slurm/attempts").glob("*/cell.log")), 600)
        until_first = time.monotonic() - began
        lists = cluster.scratch / "large/slurm"
        cluster.until(lambda: sum(len(path.read_text().split()) for path in lists.iterdir() if path.name.isdigit()) == cells, 300)
        until_all = time.monotonic() - began
        time.sleep(SETTLED_S)
        before, at = cpu_s(run.pid), time.monotonic()
        time.sleep(WATCHED_S)
        part = (cpu_s(run.pid) - before) / (time.monotonic() - at)
        memory = peak_mib(run.pid)
        interrupted = time.monotonic()
        run.send_signal(signal.SIGINT)
        run.wait(timeout=600)
        ended = time.monotonic() - interrupted
        left = subprocess.run(["squeue", "--noheader"], capture_output=True, text=True).stdout
        print(json.dumps({"cells": cells, "ran": bool(first), "first_s": round(until_first, 1), "all_s": round(until_all, 1), "peak_mib": round(memory, 1),
                          "cpu_part": round(part, 4), "ended_s": round(ended, 1), "done": len(cluster.records("large")), "left": len(left.splitlines())}))


main(sys.argv[1], int(sys.argv[2]))
