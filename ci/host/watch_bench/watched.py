# SPDX-License-Identifier: GPL-2.0-only
"""What the parts of ./ci/bench watch have in common: a stand-in with `blkhang watch` on it, and what is read of both."""
import json, os, pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "ci/host"))
import watching
from standin import Disk, Silent, Standin, until  # noqa: F401 (for the parts)
from watching import SAID, said

BLKHANG = pathlib.Path(os.environ.get("BLKHANG", ROOT / "build/blkhang"))
BUSY = 240  # seconds that a host short of memory may take for a command


def tools():
    """The image of what only benchmarks run (ci/host/tools), as a disk of a stand-in."""
    image = subprocess.run([ROOT / "ci/host/tools"], stdout=subprocess.PIPE, text=True, timeout=1200, check=True).stdout.strip()
    return Disk("tools", image=image, readonly=True)


def with_tools(host):
    """Makes them known there as `tool NAME ...`."""
    host.check("""
        set -e
        mkdir -p /tools; mount -o ro /dev/disk/by-id/virtio-tools /tools
        for each in proc sys dev run; do mount --rbind /$each /tools/$each; done
        mount -t tmpfs tmp /tools/tmp
        printf '#!/bin/sh\\nexec chroot /tools "$@"\\n' >/usr/local/bin/tool; chmod 755 /usr/local/bin/tool""")


def start_watch(host, options="", deadline=180, again=True):
    """Starts it, and waits until it is attached: what it says of that. Its pid is in /run/watch.pid. Where the machine has much else
    to do, attaching may take longer than watch waits for it: it is tried again, once."""
    watching.start_watch(host, options)
    tier = until(deadline, lambda: said(host, "tier") or host.run("! pgrep -x blkhang >/dev/null")[0] == 0)
    if tier is True:
        if again:
            return start_watch(host, options, deadline, False)
        tier = None
    if not tier:
        raise RuntimeError(f"watch did not attach: {host.run('cat /run/watch.said')[1]}")
    return tier[0]


def end_watch(host, deadline=120):
    host.check("kill -TERM $(cat /run/watch.pid)")
    until(deadline, lambda: not host.run("pgrep blkhang")[1].strip())


def resident(host):
    """KiB of the process that watches, and of all of blkhang's (what they share counts once each)."""
    text = host.check("for pid in $(pgrep blkhang); do echo $(cat /proc/$pid/comm) "
                      "$(awk '/^(VmRSS|RssAnon|RssFile|RssShmem):/ {print $2}' /proc/$pid/status); done", BUSY)
    rows = [line.split() for line in text.splitlines()]
    rows = [(row[0], *map(int, row[1:])) for row in rows if len(row) == 5]
    mine = next((row for row in rows if row[0] == "blkhang-watch"), None)
    if not mine:
        raise RuntimeError(f"nothing watches: {text}")
    _, rss, anon, file, shared = mine
    return {"rss_kib": rss, "anon_kib": anon, "file_kib": file, "shared_kib": shared, "all_kib": sum(row[1] for row in rows)}


def bpf_kib(host):
    return watching.bpf_kib(host, BUSY)
