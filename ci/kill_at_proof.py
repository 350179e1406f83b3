#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kills guests (SIGKILL of QEMU) around the moment when their proof leaves them, and looks at the verdicts.

    kill_at_proof.py BLKHANG KILLS OUT

Every second guest dies up to 50 ms after the first byte of the proof, the others within 50 ms of when an earlier guest
of the same kind proved its hang, and so mostly before. A record that holds the proof must be a hang with its cycle;
one without may be that, or an error. Says what is wrong and exits 1.
"""
import json
import mmap
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time

KINDS = {"elv-switch": ["elv-switch"], "sync-alloc": ["kvm-2011", "--plant", "sync-alloc"]}
AROUND_S = 0.05
LONGEST_RUN_S = 240
PAGE = "memfd:blkhang-page"


class Guest:
    """One run, from its start to its record."""

    def __init__(self, blkhang, kind, out):
        self.out = out
        self.process = subprocess.Popen([blkhang, "run", *KINDS[kind], "--guest", "deb:6.1", "--out", str(out), "--quiet"],
                                        stdout=subprocess.DEVNULL)
        self.page = None
        self.load_began = self.proof_seen = self.killed = None

    def qemu(self):
        pids = subprocess.run(["pgrep", "--parent", str(self.process.pid), "--full", "^[^ ]*qemu-system"],
                              capture_output=True, text=True).stdout.split()
        return int(pids[0]) if pids else None

    def map_page(self, qemu):
        """The memory that the guest shares with blkhang: it shows the first byte of the proof, and disturbs nobody."""
        for link in pathlib.Path(f"/proc/{qemu}/fd").iterdir():
            try:
                if PAGE in os.readlink(link):
                    with open(link, "rb") as file:
                        return mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ)
            except OSError:
                pass
        return None

    def has_proof(self):
        return self.page[:4] != bytes(4)

    def events(self):
        path = self.out / "events.ndjson"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self, after_load, after_proof):
        """Kills QEMU so long after the load began or the proof was seen, whichever comes first. False if the run ended
        before."""
        deadline = time.monotonic() + LONGEST_RUN_S
        qemu = None
        while self.process.poll() is None and time.monotonic() < deadline:
            now = time.monotonic()
            if self.load_began is None:  # not in a hurry yet
                qemu = qemu or self.qemu()
                self.page = self.page or (qemu and self.map_page(qemu))
                if self.page and '"name":"load"' in self.events():
                    self.load_began = now
                time.sleep(0.05)
                continue
            if self.proof_seen is None and self.has_proof():
                self.proof_seen = now
            if (self.proof_seen and now >= self.proof_seen + after_proof) or now >= self.load_began + after_load:
                os.kill(qemu, signal.SIGKILL)
                self.killed = now
                return True
            time.sleep(0.0005)
        return False

    def record(self):
        self.process.wait(timeout=60)
        return json.loads((self.out / "record.json").read_text())


def contradictions(guest, record):
    """What its evidence does not carry."""
    verdict, problems = record["verdict"]["value"], []
    told = any(line.startswith('{"t":"proof"') for line in guest.events().splitlines())
    shown = verdict == "hang" and len(record.get("deadlock", {}).get("tasks", [])) > 0
    if guest.has_proof() and not told:
        problems.append("the proof left the guest and is not in its events")
    if told and not shown:
        problems.append(f"the proof is in its events, but the verdict is {verdict}: {record['verdict']['reasons']}")
    if not shown and verdict != "error":
        problems.append(f"a guest that was killed cannot be {verdict}")
    if record["run"]["ended"] == "orderly":
        problems.append("it ended in good order")
    return problems


def main():
    blkhang, kills, out = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
    seed = int(os.environ.get("SEED", time.time()))
    random.seed(seed)
    print(f"seed {seed}")
    times = {kind: [] for kind in KINDS}  # from the load's beginning to the proof
    wrong = 0
    for i in range(kills):
        kind = list(KINDS)[i % len(KINDS)]
        before = (i // len(KINDS)) % 2 == 1 and times[kind]
        after_load = random.choice(times[kind]) + random.uniform(-AROUND_S, AROUND_S) if before else LONGEST_RUN_S
        guest = Guest(blkhang, kind, out / f"{i:02}-{kind}")
        killed = guest.kill(after_load, random.uniform(0, AROUND_S))
        record = guest.record()
        if not killed:
            print(f"{kind}: over before it could be killed ({record['verdict']['value']})", flush=True)
            continue
        if guest.proof_seen:
            times[kind].append(guest.proof_seen - guest.load_began)
        when = f"{1000 * (guest.killed - guest.proof_seen):.1f} ms after" if guest.proof_seen else "before"
        print(f"{kind}: killed {when} the first byte of the proof: {record['verdict']['value']}", flush=True)
        for problem in contradictions(guest, record):
            print(f"  WRONG: {problem}", flush=True)
            wrong += 1
    for kind, seen in times.items():
        if seen:
            print(f"{kind}: {len(seen)} proofs seen, median {statistics.median(seen):.1f} s after the load began")
    if not any(times.values()):
        print("no proof was ever seen: nothing was tested")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
