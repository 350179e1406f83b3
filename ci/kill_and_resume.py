#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kills a matrix (SIGKILL) at random moments, resumes it each time, and at the end lets it finish.

    kill_and_resume.py BLKHANG KILLS OUT ARGUMENT...     ARGUMENT: of `blkhang matrix`, without --out

Then nothing may be lost, run twice or left behind: every planned cell has its record, no record that was there at a kill
has changed since, no process of the matrix lives, nothing lies in its TMPDIR or HOME. Says what is wrong and exits 1.
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

LONGEST_WAIT_S = 40
DEATH_S = 10


def processes_of(mark):
    """Who inherited our mark in the environment."""
    found = []
    for directory in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in (directory / "environ").read_bytes():
                found.append(int(directory.name))
        except OSError:
            pass
    return found


def wait_for_death(mark):
    deadline = time.monotonic() + DEATH_S
    while (left := processes_of(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def records(out):
    """What identifies each record: its file and the time when its run started."""
    found = {}
    for path in sorted(out.glob("cells/*/record.json")):
        found[path.parent.name] = (path.stat().st_ino, json.loads(path.read_text())["run"].get("started"))
    return found


def main():
    blkhang, kills, out, arguments = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:]
    seed = int(os.environ.get("SEED", time.time()))
    random.seed(seed)
    print(f"seed {seed}")
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        home, temporary = pathlib.Path(scratch, "home"), pathlib.Path(scratch, "tmp")
        home.mkdir()
        temporary.mkdir()
        cache = os.environ.get("XDG_CACHE_HOME") or str(pathlib.Path.home() / ".cache")
        mark = f"BLKHANG_KILL_TEST={scratch}"
        environment = dict(os.environ, HOME=str(home), TMPDIR=str(temporary), XDG_CACHE_HOME=cache)
        environment.pop("XDG_STATE_HOME", None)
        environment["BLKHANG_KILL_TEST"] = scratch

        def start():
            how = ["--resume"] if (out / "matrix.toml").exists() else arguments
            return subprocess.Popen([blkhang, "matrix", *how, "--out", str(out), "--quiet"], env=environment,
                                    stdout=subprocess.DEVNULL)

        done = {}

        def check(when):
            for cell, identity in done.items():
                if records(out).get(cell) != identity:
                    problems.append(f"{when}: the record of {cell} is gone or was made again")
            done.update(records(out))
            if left := wait_for_death(mark.encode()):
                problems.append(f"{when}: processes left: {left}")
                for pid in left:
                    os.kill(pid, signal.SIGKILL)

        for kill in range(1, kills + 1):
            matrix = start()
            moment = random.uniform(0, LONGEST_WAIT_S)
            try:
                matrix.wait(moment)
                print(f"kill {kill}: the matrix had ended before")
            except subprocess.TimeoutExpired:
                matrix.send_signal(signal.SIGKILL)
                matrix.wait()
                print(f"kill {kill} after {moment:.1f} s: {len(records(out))} records", flush=True)
            check(f"kill {kill}")
        status = start().wait()
        check("the end")

        result = json.loads((out / "matrix.json").read_text())
        cells = [cell["id"] for cell in result["cells"]]
        if len(cells) != result["planned"] or len(set(cells)) != len(cells):
            problems.append(f"{len(set(cells))} cells of {result['planned']} planned ones")
        if set(cells) != set(records(out)):
            problems.append(f"cells without a record: {sorted(set(cells) ^ set(records(out)))}")
        for place in (home, temporary):
            if left := list(place.rglob("*")):
                problems.append(f"left behind: {left}")
        known = {"matrix.toml", "matrix.json", "lock", "cells"}
        if strange := {path.name for path in out.iterdir()} - known:
            problems.append(f"in the directory: {strange}")
    print(f"{len(cells)} cells, exit status {status}: " + ", ".join(f"{c['id']} {c['verdict']}" for c in result["cells"]))
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


sys.exit(main())
