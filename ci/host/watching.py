# SPDX-License-Identifier: GPL-2.0-only
"""`blkhang watch` on a stand-in: started, and what it says there and comes to."""
import json

from standin import Silent, until

SAID = "/run/watch.ndjson"
# Emulated: loading the BPF programs takes 12 s.
ATTACHED = 90


def start_watch(host, options=""):
    """Without waiting until it is attached. What it prints is in SAID and /run/watch.said, its pid in /run/watch.pid."""
    host.check(f"rm -f {SAID}; nohup /usr/local/bin/blkhang watch --json --out /run/findings {options} >{SAID} 2>/run/watch.said"
               " </dev/null & echo $! >/run/watch.pid")


def lines(host, path=SAID, deadline=20):
    """What can be read of it as JSON; None while the host is silent."""
    try:
        text = host.run(f"cat {path} 2>/dev/null", deadline)[1]
    except Silent:
        return None
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # is being written
            pass
    return found


def said(host, kind, deadline=30):
    """What watch has said of that kind ("tier", "status", "finding"); None while the host is silent."""
    told = lines(host, SAID, deadline)
    return told if told is None else [line for line in told if line.get("t") == kind]


def attached(host):
    """How the host is watched, as soon as it is."""
    return until(ATTACHED, lambda: lines(host))


def memory(host):
    """Of the process that watches, in KiB."""
    text = host.check("grep -E '^(VmRSS|RssAnon|RssFile|RssShmem):' /proc/$(pgrep -x blkhang-watch)/status")
    return {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()}


def faults(host):
    """Of the process that watches: how often it had to wait for a page to be read."""
    return int(host.check("cut -d' ' -f12 /proc/$(pgrep -x blkhang-watch)/stat"))


def bpf_kib(host, deadline=60):
    """KiB that maps and programs hold which the kernel does not count as anybody's resident memory. A ring, of which fdinfo
    says nothing on older kernels, counts with its size."""
    total = 0
    for what in ("map", "prog"):
        for each in json.loads(host.check(f"bpftool -j {what} show", deadline) or "[]"):
            size = int(each.get("bytes_memlock", 0))
            if size == 0 and each.get("type") == "ringbuf":
                size = each["max_entries"]
            total += size
    return total / 1024
