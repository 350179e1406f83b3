# SPDX-License-Identifier: GPL-2.0-only
"""`blkhang run --on-this-host` on a stand-in: prepared for, run to its end, begun in the background, and what it recorded."""
import json

import sameness
from sameness import until
from standin import Silent, Unexpected

# Emulated: attaching takes 15 s, at a load of 30 it took 80; undoing, and the looks before it, as long.
RUN, STARTS, UNDONE = 300, 240, 60
# What makes a stand-in one of cgroup v1, and one whose systemd has v2 for itself alone.
V1 = "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1"
HYBRID = "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=0"
RUN_HERE = "XDG_STATE_HOME=/root/runs /root/blkhang run"


class Loading:
    """A stand-in that runs on this host are made on, and what it was like before."""

    def __init__(self, host, blkhang, disks=()):
        self.host, self.disks = host, list(disks)
        host.put(blkhang, "/root/blkhang")
        sameness.prepare(host)
        host.check("mkdir -p /root/runs /var/lib/blkhang; chmod 700 /var/lib/blkhang")
        self.before, self.sums = [], []

    def give(self, *disks):
        """The disks carry blkhang's header from now on. Emulated on a busy machine, the first look at a disk may take longer than
        prepare waits for it."""
        for disk in disks:
            prepare = f"udevadm settle --timeout=20; /root/blkhang prepare {disk.path} --serial {disk.serial} --load 2>&1"
            for last in (False, True):
                status, said = self.host.run(prepare, 120)
                if status == 0:
                    break
                if last or "cannot-be-told" not in said:
                    raise Unexpected(f"{disk.path}: {said}")

    def remember(self):
        """What it is like; to look mounts what is mounted when somebody comes by."""
        self.host.check("udevadm settle --timeout=20; sync", 60)
        sameness.inventory(self.host)
        self.before, self.sums = sameness.inventory(self.host), sameness.ends(self.host, self.disks)

    def changed(self):
        """What differs from then, as lines."""
        return sameness.settled(self.host, self.before)

    def ends_are_same(self):
        return sameness.ends(self.host, self.disks) == self.sums

    def refused(self, options, inside=""):
        """What a run says that is not to begin; `inside`: a program that is given the command."""
        return self.host.run(f"{inside} env {RUN_HERE} {options} 2>&1", 60)

    def run(self, options, name, seconds=RUN, inside=""):
        """To its end: exit status, all that it said, its record."""
        status, said = self.host.run(f"{inside} env {RUN_HERE} {options} --out /root/runs/{name} 2>&1", seconds)
        return status, said, self.record(name)

    def record(self, name):
        try:
            return json.loads(self.host.run(f"cat /root/runs/{name}/record.json", 60)[1])
        except ValueError:
            return {}

    def start(self, options, name, directory=""):
        """In the background; its pid is in /run/run.pid, what it says, and at last its exit status, in /root/runs/NAME.said. Its
        record is in /root/runs/NAME, or another directory."""
        command = f"env {RUN_HERE} {options} --out {directory or f'/root/runs/{name}'}"
        self.host.check(f"rm -f /run/run.pid; nohup sh -c '{command} & echo $! >/run/run.pid; wait $!; echo status $?' >/root/runs/{name}.said 2>&1 & "
                        "until [ -s /run/run.pid ]; do sleep 0.05; done")

    def begin(self, options, name):
        """The same, from when its load is on; None if that does not begin."""
        self.start(options, name)
        return self.is_loaded()

    def is_loaded(self):
        return until(STARTS, lambda: self.host.run("tail -n +2 /proc/swaps | grep -q . && pgrep -x blkhang-writer >/dev/null && echo on", 20)[1].strip() == "on")

    def is_over(self):
        return self.host.run("pgrep blkhang >/dev/null || echo none", 20)[1].strip() == "none"

    def ended(self, name, seconds=RUN):
        """All that the run in the background has said, once none of its processes is there; None if they stay."""
        if not until(seconds, self.is_over):
            return None
        until(5, lambda: "status " in self.said(name))
        return self.said(name)

    def said(self, name):
        try:
            return self.host.run(f"cat /root/runs/{name}.said", 60)[1]
        except Silent:
            return ""


def verdict(record):
    return record.get("verdict", {}).get("value", "none")


def reasons(record):
    return " ".join(record.get("verdict", {}).get("reasons", []))
