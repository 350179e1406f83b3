# SPDX-License-Identifier: GPL-2.0-only
"""What the parts of ./ci/bench watch have in common: a stand-in with `blkhang watch` on it, and what is read of both."""
import json, os, pathlib, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "ci/host"))
from standin import Disk, Silent, Standin  # noqa: F401 (for the parts)

BLKHANG = pathlib.Path(os.environ.get("BLKHANG", ROOT / "build/blkhang"))
SAID = "/run/watch.ndjson"
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


def compiled(host, source, name):
    """A program of this directory's, linked statically, as NAME there."""
    path = host.directory / name
    subprocess.run(["cc", "-O1", "-static", "-o", path, source], check=True)
    host.put(path, f"/usr/local/bin/{name}")


def said(host, kind, deadline=30):
    """What watch has said of that kind ("tier", "status", "finding"); None while the host says nothing."""
    try:
        text = host.run(f"cat {SAID} 2>/dev/null", deadline)[1]
    except Silent:
        return None
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # is being written
            pass
    return [line for line in found if line.get("t") == kind]


def until(seconds, condition, period=1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(period)
    return None


def start_watch(host, options="", deadline=180, again=True):
    """Starts it, and waits until it is attached: what it says of that. Its pid is in /run/watch.pid. Where the machine has much else
    to do, attaching may take longer than watch waits for it: it is tried again, once."""
    host.check(f"rm -f {SAID}; nohup /usr/local/bin/blkhang watch --json --out /run/findings {options} >{SAID} 2>/run/watch.said"
               " </dev/null & echo $! >/run/watch.pid")
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
    watching = [row for row in rows if row[0] == "blkhang-watch"]
    if not watching:
        raise RuntimeError(f"nothing watches: {text}")
    _, rss, anon, file, shared = watching[0]
    return {"rss_kib": rss, "anon_kib": anon, "file_kib": file, "shared_kib": shared, "all_kib": sum(row[1] for row in rows)}


def bpf_kib(host):
    """KiB that maps and programs hold which the kernel does not count as anybody's resident memory. A ring, of which fdinfo
    says nothing on older kernels, counts with its size."""
    total = 0
    for what in ("map", "prog"):
        for each in json.loads(host.check(f"bpftool -j {what} show", BUSY) or "[]"):
            size = int(each.get("bytes_memlock", 0))
            if size == 0 and each.get("type") == "ringbuf":
                size = each["max_entries"]
            total += size
    return total / 1024
