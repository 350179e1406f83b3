# SPDX-License-Identifier: GPL-2.0-only
"""Stock 6.1, whose swap disk gets another IO scheduler again and again while memory is short, with `watch --heal`: how often is the
machine freed, how fast, and how soon is the proof where it outlives the machine?"""
import re, tempfile, time

from watched import *  # first: it says where the others are
import freezing, observer
from collecting import collector

STILL = 45  # seconds
# As in freezing.SWITCH, the memory's users are others each time.
LOAD = "while :; do memory_load 700; pkill -x memory_load; pkill memory-writer; pkill percpu-churn; done"


def cycles_of(events):
    """What the collector was told, which is there whether the machine is or not: for each proven cycle when it closed and was proven,
    and what came of it."""
    cycles = {}
    for line in events:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        kind = event.get("t")
        if kind == "proof":  # each is told more than once
            latest = cycles.setdefault(event["closed_ns"], {
                "closed_ns": event["closed_ns"], "proven_ms": round((event["detected_ns"] - event["closed_ns"]) / 1e6, 1),
                "healed": False, "heal": ""})
        elif kind == "recovery" and cycles:
            ended = re.search(r"the cycle ended (\d+) ms after the first", event["detail"])
            latest.update(healed=event["recovered"], heal=event["detail"], **({"kill_to_end_ms": int(ended[1])} if ended else {}))
    return list(cycles.values())


def heal(cycles, seconds, keep):
    """So many proven cycles in one boot, in as many seconds at most: a row for each, and what else there was."""
    with tempfile.TemporaryDirectory() as directory, \
            Standin("heal", kernel="deb:6.1", memory="512M", network=True,
                    disks=[Disk("swap", "512M"), Disk("journal", "4M")]) as host:
        freezing.install(host, BLKHANG)
        freezing.prepare(host)
        host.check("blkhang prepare /dev/disk/by-id/virtio-journal --serial journal", 120)
        host.connect()
        collecting, port, key = collector(BLKHANG, pathlib.Path(directory))
        host.put(key, "/root/key", mode="600")
        seeing = observer.Observer(host.console, host.disks[1].image, port)
        tier = start_watch(host, f"--heal --journal /dev/disk/by-id/virtio-journal --collector 10.0.2.2:{seeing.port} --key /root/key")
        release = host.check("uname -r").strip()
        host.check(f"sh /run/switch.sh >/dev/null 2>&1 & echo $! >/run/switch.pid; sh -c '{LOAD}' >/dev/null 2>&1 & echo $! >/run/load.pid")
        silent, lost, memory, began, found = False, None, None, time.monotonic(), []
        while sum(each["kind"] == "hang" for each in found) < cycles and time.monotonic() - began < seconds:
            time.sleep(3)
            found = said(host, "finding", STILL)
            if found is None:  # a machine that stands still so long will not go on
                silent = True
                break
        took = time.monotonic() - began
        if not silent:
            host.run("kill $(cat /run/switch.pid) $(cat /run/load.pid); pkill -f memory_load; pkill memory-writer; pkill percpu-churn", 60)
            lost = (said(host, "status") or [{}])[-1].get("lost_events")
            memory = resident(host)
            host.run("tar -C /run -cf /run/findings.tar findings watch.ndjson watch.said", 60)
            keep.mkdir(parents=True, exist_ok=True)
            (keep / "heal.tar").write_bytes(host.get("/run/findings.tar"))
        seen = seeing.end()
        collecting.terminate()
        collecting.wait(30)
        events = [line for path in sorted(pathlib.Path(directory, "collected").rglob("events.ndjson*")) for line in path.read_text().splitlines()]
        rows = cycles_of(events)
        console = [line.strip() for line in host.console_text().splitlines() if "blkhang:" in line]
    for row in rows:
        row["out_ms"] = {way: round(ms, 1) for way, ms in observer.latencies(seen, row["closed_ns"]).items()}
    return {"release": release, "tier": tier["used"], "cycles": rows, "seconds": round(took), "stood_still": silent,
            "others": [f"{each['kind']}: {each['summary']}" for each in found or [] if each["kind"] != "hang"],
            "lost_events": lost, "memory": memory, "console": console[-4:] if silent else []}
