#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile_guest.py BLKHANG [MODE...]: whatever a guest does, whoever watches it keeps its memory, its disk, its deadline
and its verdict, and obeys whoever started it.

Runs blkhang on the stand-in for QEMU beside this file, once in each of its modes (or those named), and measures from
outside; some modes once more with a signal, and once with two. Says what is wrong and exits 1."""
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from bz_image import image  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
STANDIN = HERE / "qemu-system-x86_64"
MEMORY_KIB = 64 << 10
DISK = 64 << 20
DEADLINE_S = 6
GRACE_S = 5
REPORT_S = 20
# What a terminal, a page or a mail would obey: control characters, C1, and marks that turn the writing direction.
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
FORMATS = ["text", "html", "mail", "json", "ktap", "junit", "kcidb"]

# Of the modes, those in which a run that waits for its guest, or reads on and on, would miss a signal.
INTERRUPTED = ["endless-lines", "lines-after-the-end", "ends-for-ever", "console-flood", "flood-on-stderr", "silent",
               "ignores-signals", "leaves-a-child"]
ORDERLY_S = 5  # from one signal to the end, with a record
AT_ONCE_S = 1  # from the second

HONEST = {"error", "inconclusive"}
# What these claim is coherent: a guest whose kernel lies can have any verdict against itself.
CLAIMS = {"two-proofs": HONEST | {"hang"}, "proof-behind-noise": {"hang"}, "chain-of-edges": HONEST | {"hazard"},
          "waits": HONEST | {"hang", "hazard"}, "everybody-owns-everything": HONEST | {"hang", "hazard"},
          "everybody-waits-for-memory": HONEST | {"hang", "hazard"}, "small-things": HONEST | {"hang", "hazard"}}
# What is beyond the limits has to be told.
TRUNCATED = {"endless-lines", "empty-lines", "long-lines", "lines-after-the-end", "ticks", "phases", "edges",
             "kernel-messages", "waits", "freezes", "tasks", "failures", "deep-nesting", "binary-garbage",
             "console-flood", "console-endless-line", "small-things", "proof-behind-noise", "two-ends", "ends-for-ever"}


def processes_of(mark):
    found = []
    for directory in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in (directory / "environ").read_bytes() and "Z" not in (directory / "stat").read_text().split()[2]:
                found.append(int(directory.name))
        except OSError:
            pass
    return found


class PeakMemory(threading.Thread):
    """Of the process alone: what wait4(2) tells includes its children."""
    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.kib = 0
        self.start()

    def run(self):
        while True:
            try:
                text = self.status.read_text()
            except OSError:
                return
            if "VmHWM:" not in text:
                return
            self.kib = int(text.split("VmHWM:")[1].split()[0])
            time.sleep(0.02)


def start(blkhang, mode, scratch):
    """A run on the stand-in: the process, and its environment."""
    (scratch / "tmp").mkdir(parents=True)
    kernel = scratch / "bzImage"
    image(kernel)
    environment = dict(os.environ, PATH=f"{HERE}:{os.environ['PATH']}", HOME=str(scratch), TMPDIR=str(scratch / "tmp"),
                       XDG_CACHE_HOME=str(scratch / "cache"), BLKHANG_STANDIN=mode,
                       BLKHANG_STANDIN_TEST=str(scratch))
    run = subprocess.Popen([blkhang, "run", "kvm-2011", "--guest", f"file:{kernel}", "--duration", "2s", "--deadline",
                            f"{DEADLINE_S}s", "--out", str(scratch / "out")],
                           env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return run, environment


def orders_in(what, said):
    """Nobody is told what the guest wants a terminal to do."""
    found = ORDERS.search(said.decode(errors="surrogateescape"))
    return [f"{what} has {ascii(found[0])}"] if found else []


def left_behind(scratch):
    """What the run left, apart from its record."""
    problems = []
    if left := [str(each) for each in (scratch / "tmp").iterdir()]:
        problems.append(f"left behind: {left}")
    if left := processes_of(f"BLKHANG_STANDIN_TEST={scratch}\0".encode()):
        problems.append(f"processes left: {left}")
    return problems


def problems_when_told_to_end(blkhang, mode, signals, scratch):
    """One signal ends it in good order, a second one at once."""
    run, _ = start(blkhang, mode, scratch)
    begun = scratch / "started"
    waited = time.monotonic()
    while not begun.exists() and run.poll() is None and time.monotonic() - waited < 30:
        time.sleep(0.02)
    time.sleep(0.5)
    if run.poll() is not None:
        stderr = run.communicate()[1].decode(errors="replace")
        if mode == "leaves-a-child" and (scratch / "out" / "record.json").exists():
            return left_behind(scratch), 0.0  # its guest is gone by itself
        return [f"ended before it was told to: exit {run.returncode}: {stderr[-300:]}"], 0.0
    for _ in range(signals):
        told = time.monotonic()
        run.send_signal(signal.SIGTERM)
        time.sleep(0.2 if signals > 1 else 0)
    allowed = ORDERLY_S if signals == 1 else AT_ONCE_S
    try:
        run.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        run.kill()
        run.communicate()
    seconds = time.monotonic() - told
    problems = left_behind(scratch)
    if seconds > allowed:
        problems.append(f"took {seconds:.1f} s to end")
    if signals == 1 and not (scratch / "out" / "record.json").exists():
        problems.append("left no record")
    return problems, seconds


def problems_of(blkhang, mode, scratch):
    """Runs it; what was wrong, and figures."""
    problems = []
    out = scratch / "out"
    started = time.monotonic()
    run, environment = start(blkhang, mode, scratch)
    memory = PeakMemory(run.pid)
    try:
        said = run.communicate(timeout=60 + DEADLINE_S + GRACE_S)
    except subprocess.TimeoutExpired:
        run.kill()
        said = run.communicate()
    stderr = said[1].decode(errors="replace")
    problems += orders_in("what it printed", b"\n".join(said))
    begun = scratch / "started"  # made by the stand-in: what comes before is no guest's doing
    seconds = time.time() - begun.stat().st_mtime if begun.exists() else time.monotonic() - started
    memory.join(1)
    if seconds > DEADLINE_S + GRACE_S:
        problems.append(f"took {seconds:.1f} s")
    if memory.kib > MEMORY_KIB:
        problems.append(f"took {memory.kib >> 10} MiB of memory")
    disk = sum(file.stat().st_size for file in out.glob("**/*")) if out.exists() else 0
    if disk > DISK:
        problems.append(f"left {disk >> 20} MiB on disk")
    problems += left_behind(scratch)
    verdict = "none"
    try:
        record = json.loads((out / "record.json").read_text())
        verdict = record["verdict"]["value"]
        if verdict not in CLAIMS.get(mode, HONEST):
            problems.append(f"verdict {verdict}: {record['verdict']['reasons']}")
        if "Traceback" in str(record["verdict"]["reasons"]):
            problems.append(f"the stand-in broke: {record['verdict']['reasons']}")
        if mode in TRUNCATED and not record.get("truncated"):
            problems.append("the record does not say that it lacks something")
    except (OSError, ValueError, KeyError) as error:
        problems.append(f"no record that can be read: {error}; exit {run.returncode}: {stderr[-500:]}")
        return problems, seconds, memory.kib, disk, verdict
    for kind in FORMATS:
        if kind == "mail" and verdict not in ("hang", "hazard"):
            continue  # there is nothing to write about
        before = time.monotonic()
        try:
            report = subprocess.run([blkhang, "report", str(out), "--format", kind], env=environment,
                                    capture_output=True, timeout=REPORT_S)
            problems += orders_in(f"report {kind}", report.stdout + report.stderr)
            if not report.stdout or report.returncode != 0:
                problems.append(f"report {kind}: exit {report.returncode}: {report.stderr[-300:].decode()}")
        except subprocess.TimeoutExpired:
            problems.append(f"report {kind}: took more than {REPORT_S} s")
        if time.monotonic() - before > 5:
            print(f"{mode}: report {kind} took {time.monotonic() - before:.1f} s", flush=True)
    return problems, seconds, memory.kib, disk, verdict


def main():
    blkhang = str(pathlib.Path(sys.argv[1]).resolve())
    modes = sys.argv[2:] or subprocess.run([STANDIN, "--modes"], check=True, capture_output=True,
                                           text=True).stdout.split()
    failed = False
    with tempfile.TemporaryDirectory() as home, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = {mode: pool.submit(problems_of, blkhang, mode, pathlib.Path(home, mode)) for mode in modes}
        for mode, result in results.items():
            problems, seconds, kib, disk, verdict = result.result()
            print(f"{mode}: {verdict}, {seconds:.1f} s, {kib >> 10} MiB of memory, {disk / (1 << 20):.1f} MiB on disk",
                  flush=True)
            for problem in problems:
                print(f"  FAILED: {problem}", flush=True)
            failed |= bool(problems)
        told = {(mode, signals): pool.submit(problems_when_told_to_end, blkhang, mode, signals,
                                             pathlib.Path(home, f"{mode}-{signals}"))
                for mode in modes if mode in INTERRUPTED for signals in (1, 2)}
        for (mode, signals), result in told.items():
            problems, seconds = result.result()
            print(f"{mode}, {signals} signal{'s' * (signals > 1)}: ended after {seconds:.1f} s", flush=True)
            for problem in problems:
                print(f"  FAILED: {problem}", flush=True)
            failed |= bool(problems)
    sys.exit(1 if failed else 0)


main()
