# SPDX-License-Identifier: GPL-2.0-only
"""How much memory does `blkhang watch` have once it watches, in each tier? As `ps` shows it; what of it is the text of the program and
what it shares with the kernel; and what BPF has beside that. In `quiet` it is watched for twenty minutes, by one tier."""
from watched import *

TIERS = ("fentry", "kprobe", "tracefs")


def memory(kernel):
    figures = {}
    with Standin("memory", kernel=kernel, memory="1G") as host:
        host.put(BLKHANG, "/usr/local/bin/blkhang", deadline=600)
        for tier in TIERS:
            before = bpf_kib(host)
            used = start_watch(host, f"--tier {tier}", deadline=600)["used"]
            host.check("sleep 5", BUSY)
            figures[used] = {**resident(host), "bpf_kib": round(bpf_kib(host) - before)}
            print(f"# {kernel}, {used}: {figures[used]}", flush=True)
            end_watch(host)
    return {"tiers": figures}
