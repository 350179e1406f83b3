#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""kills.py BLKHANG WHAT HOW: inside ci/cluster/run, makes a matrix of eight cells, whose guests a program stands in for, and at a random
instant kills (SIGKILL) what WHAT names: `node` is a slurmd with the job steps that run, `submit` whoever submits, which then
resumes. HOW is --slurm-files'. Prints as JSON what was wrong after that: nothing, one hopes."""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from matrices import Cluster, jobs, processes_of  # noqa: E402

CELLS, LONGEST_S = 8, 12


def records(cluster):
    return {path.parent.name: path.stat().st_ino for path in (cluster.scratch / "m/cells").glob("*/record.json")}


def down():
    return subprocess.run(["sinfo", "--noheader", "--states=down", "--format=%N"], capture_output=True, text=True).stdout


def kill_node(cluster):
    for pid in processes_of("slurmd -N n2") + processes_of("slurmstepd"):
        os.kill(pid, signal.SIGKILL)
    cluster.until(lambda: "n2" in down(), 60)
    subprocess.run(["node", "n2"], check=True)


def main(blkhang, what, how):
    wrong = []
    with tempfile.TemporaryDirectory(dir=os.environ["CLUSTER"]) as name:
        cluster = Cluster(blkhang, pathlib.Path(name))
        temporary = cluster.scratch / "tmp"
        temporary.mkdir()
        cluster.environment["TMPDIR"] = str(temporary)
        # Of a job step that is killed on a node that lives, srun knows nothing until the job's time is over.
        run = cluster.start("m", CELLS, "--slurm-files", how, "--deadline", "60s")
        moment = round(random.uniform(0.5, LONGEST_S), 1)
        time.sleep(moment)
        if what == "node":
            before = records(cluster)
            kill_node(cluster)
            said = run.communicate(timeout=400)[0]
        else:
            run.kill()
            run.communicate()
            before = records(cluster)
            time.sleep(random.uniform(0, 5))
            said = cluster.resume("m", "--slurm-files", how).stdout if (cluster.scratch / "m/matrix.toml").exists() else ""
        after, verdicts = records(cluster), cluster.verdicts("m")
        wrong += [f"{cell} has no verdict of its own: {verdict}" for cell, verdict in verdicts.items() if verdict != "hang"]
        wrong += [f"{len(verdicts)} cells in the matrix, {len(after)} records"] if not len(verdicts) == len(after) == CELLS else []
        wrong += [f"{cell} was made again" for cell, inode in before.items() if after.get(cell) != inode]
        left = lambda: jobs() or processes_of("qemu-system") or processes_of("blkhang cell") or processes_of("srun")
        cluster.until(lambda: not left(), 60)
        wrong += [f"left: {left()}"] if left() else []
        # Of a job that was killed, until the next one on its node; the last one may have been.
        folders = len(list(temporary.glob("blkhang-node.*")))
        wrong += [f"{folders} folders are left of jobs on nodes"] if folders > 1 else []
        beside = len(list((cluster.scratch / "m/slurm/attempts").glob("*/record.json")))
    print(json.dumps({"after_s": moment, "done_before": len(before), "records_beside": beside, "folders": folders, "wrong": wrong,
                      "said": said.splitlines()[-20:] if wrong else []}))


main(*sys.argv[1:4])
