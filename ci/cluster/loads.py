#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""In place of blkhang on a node that is loaded itself (ci/cluster/nodes): says in `calls` beside it how it was called. A `run` is over
after a second, with the record `clean.json` beside it; where there is /var/lib/blkhang/freezes, it proves a hang into its journal,
and never ends. `recover` finds that proof if the run began in time, and leaves `hang.json` for it; `cleanup` undoes nothing, and
fails while there is /var/lib/blkhang/stays."""
import fcntl
import os
import pathlib
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
STATE = pathlib.Path("/var/lib/blkhang")


def value(option):
    return sys.argv[sys.argv.index(option) + 1]


def leave(record):
    out = pathlib.Path(value("--out"))
    out.mkdir(exist_ok=True)
    shutil.copy(HERE / record, out / "record.json")


with open(HERE / "calls", "a") as calls:
    fcntl.flock(calls, fcntl.LOCK_EX)
    print(os.environ.get("SLURMD_NODENAME"), *sys.argv[1:], file=calls, flush=True)
command = sys.argv[1]
if command == "run":
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if (STATE / "freezes").exists():
        (STATE / "freezes").unlink()
        pathlib.Path(value("--journal")).write_text(now)
        time.sleep(3600)
    time.sleep(1)
    leave("clean.json")
elif command == "recover":
    journal = pathlib.Path(value("--journal"))
    if not journal.exists() or journal.read_text() < value("--since"):
        sys.exit(3)
    leave("hang.json")
    sys.exit(1)
elif command == "cleanup":
    sys.exit(5 if (STATE / "stays").exists() else 0)
