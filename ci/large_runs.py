#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""large_runs.py SAMPLES OUT: from what ci/checks/sample_records made in SAMPLES, a record with 100,000 events in
OUT/record, a matrix of 500 cells, each of which left a record, in OUT/matrix, and a folder of 50 matrices of 60 cells each in
OUT/history, each of another kernel. The same every time."""

import copy
import itertools
import json
import pathlib
import shutil
import sys

EVENTS = 100_000
MATRICES = 50
CELLS = 60
KERNELS = 25
PROFILES = 10
REPEATS = 2
NS_PER_MS = 1_000_000


def large_record(sample, out):
    """The events of the sample, with many more in the place of its counters: as mixed as in a real run, where every fifth
    line is counters."""
    out.mkdir(parents=True)
    shutil.copy(sample / "record.json", out)
    lines = [json.loads(line) for line in (sample / "events.ndjson").read_text().splitlines()]
    begins = next(i for i, line in enumerate(lines) if line["t"] == "phase" and line["name"] == "load") + 1
    counters = next(line for line in lines if line["t"] == "counters")
    wait = next(line for line in lines if line["t"] == "wait" and line["stack"])
    start = lines[begins - 1]["at_ns"]
    many = []
    for number in range(EVENTS - len(lines)):
        at = start + number * NS_PER_MS // 100
        kind = number % 5
        if kind == 0:
            new = copy.deepcopy(counters)
            new["load"] = {name: value * number // EVENTS for name, value in counters["load"].items()}
            new["load"]["free_bytes"] = number * 7919 % (100 << 20)
            many.append(new | {"at_ns": at})
        elif kind == 1:
            many.append({"t": "tick", "at_ns": at})
        elif kind in (2, 3):
            many.append(wait | {"at_ns": at, "pid": 1000 + number // 5 % 300})
        else:
            many.append({"t": "wake", "at_ns": at, "pid": 1000 + number // 5 % 300, "kind": wait["kind"],
                         "what": wait["what"]})
    with open(out / "events.ndjson", "w", encoding="utf-8") as file:
        for line in lines[:begins] + many + lines[begins:]:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def large_matrix(sample, record, out):
    matrix = json.loads((sample / "matrix.json").read_text())
    models = [cell for cell in matrix["cells"] if not cell["calibration"]]
    cells = []
    places = itertools.product(range(KERNELS), range(PROFILES), range(REPEATS))
    for number, (kernel, profile, repeat) in enumerate(places):
        cell = copy.deepcopy(models[number % len(models)])
        cell |= {"id": f"cell-{number}", "repeat": repeat + 1,
                 "subject": {"kernel": f"deb:6.{kernel}", "profile": f"profile-{profile}", "plant": ""}}
        cells.append(cell)
        directory = out / "cells" / cell["id"]
        directory.mkdir(parents=True)
        shutil.copy(record, directory)
    matrix |= {"cells": cells, "planned": len(cells), "calibrate": False}
    (out / "matrix.json").write_text(json.dumps(matrix))


def many_matrices(sample, record, out):
    """The largest page that 50 matrices of 60 cells can make: each kernel is another, and each cell of another profile, half of
    which fail on every other kernel."""
    model = json.loads((sample / "matrix.json").read_text())
    cells = [cell for cell in model["cells"] if not cell["calibration"] and cell["verdict"] in ("hang", "clean")]
    hang, clean = (next(cell for cell in cells if cell["verdict"] == verdict) for verdict in ("hang", "clean"))
    for week in range(MATRICES):
        matrix = copy.deepcopy(model) | {"cells": [], "planned": CELLS, "calibrate": False}
        directory = out / f"week-{week:02}"
        for number in range(CELLS):
            cell = copy.deepcopy(hang if number % 2 and week % 2 else clean)
            cell |= {"id": f"cell-{number}", "repeat": 1,
                     "subject": {"kernel": "deb:6.1", "profile": f"profile-{number}", "plant": ""},
                     "label": f"deb:6.1 (linux-image-cloud-amd64 6.1.{100 + week}-1)",
                     "release": f"6.1.0-{week}-cloud-amd64"}
            matrix["cells"].append(cell)
            below = directory / "cells" / cell["id"]
            below.mkdir(parents=True)
            shutil.copy(record, below)
        (directory / "matrix.json").write_text(json.dumps(matrix))


def main(samples, out):
    large_record(samples / "hang", out / "record")
    large_matrix(samples / "matrix", samples / "hang" / "record.json", out / "matrix")
    many_matrices(samples / "matrix", samples / "hang" / "record.json", out / "history")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
