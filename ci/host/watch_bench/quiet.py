# SPDX-License-Identifier: GPL-2.0-only
"""Everyday work on a host that is watched (everyday.sh): what does watch find, how much memory does it have, what does it lose?"""
import threading, time

from watched import *

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE_SECONDS = 15
SETTLED_SECONDS = 120  # from then on memory is asked to stay what it is
KINDS = ("schedulers", "freezes", "cpus", "reloads", "containers", "pressure", "fio")
PREPARE = """
    set -e
    mkswap -q /dev/disk/by-id/virtio-swap; swapon /dev/disk/by-id/virtio-swap
    mkfs.ext4 -qF /dev/disk/by-id/virtio-data; mkdir -p /data; mount /dev/disk/by-id/virtio-data /data
    modprobe mq-deadline 2>/dev/null || true"""


def plug(host, stop, did):
    """A disk comes and goes, as long as nobody stops that."""
    while not stop.wait(6):
        try:
            host.qmp("device_add", driver="virtio-blk-pci", drive="plugged", id="plugged", serial="plugged")
            if stop.wait(6):
                return
            host.qmp("device_del", id="plugged")
            did["disks"] = did.get("disks", 0) + 1
        except Exception:  # it takes a guest that is busy some seconds to let go of one
            continue


def watch_everyday(kernel, minutes, keep):
    """The figures of so many minutes on that kernel. Records of findings go to the directory `keep`."""
    figures = {"kernel": kernel, "minutes": minutes}
    plugged = ["-blockdev", "driver=null-co,node-name=plugged,size=67108864,read-zeroes=on"]
    with Standin(f"quiet-{kernel}", kernel=kernel, memory="768M",
                 disks=[Disk("swap", "512M"), Disk("data", "256M"), tools()], arguments=plugged) as host:
        host.put(BLKHANG, "/usr/local/bin/blkhang")
        host.put(HERE / "everyday.sh", "/usr/local/bin/everyday")
        with_tools(host)
        host.check(PREPARE)
        before = bpf_kib(host)
        tier = start_watch(host)
        figures.update(release=host.check("uname -r").strip(), tier=tier["used"], programs=len(tier["attached"]))
        host.check("nohup setsid /usr/local/bin/everyday >/run/everyday.said 2>&1 </dev/null & echo $! >/run/everyday.pid")
        did, stop, began = {}, threading.Event(), time.monotonic()
        plugger = threading.Thread(target=plug, args=(host, stop, did), daemon=True)
        plugger.start()
        samples, silent = [], None
        while (now := time.monotonic() - began) < 60 * minutes:
            try:
                samples.append({"s": round(now), "bpf_kib": round(bpf_kib(host) - before), **resident(host)})
            except Silent as failure:
                silent = f"{failure}, {now:.0f} s after the beginning"
                break
            time.sleep(SAMPLE_SECONDS)
        stop.set()
        if silent:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{kernel}.console").write_text(host.console_text())
            return figures | {"silent": silent, "console": [line for line in host.console_text().splitlines() if "blkhang:" in line][:20]}
        host.run("kill -- -$(cat /run/everyday.pid); fsfreeze --unfreeze /data", 60)
        did |= {kind: int(host.run(f"cat /run/did.{kind} 2>/dev/null")[1] or 0) for kind in KINDS}
        did |= {line.split()[0]: int(line.split()[1]) for line in host.check("grep -E '^(pswpout|pgsteal_direct) ' /proc/vmstat").splitlines()}
        end_watch(host)
        status, findings = said(host, "status")[-1], said(host, "finding")
        settled = [sample for sample in samples if sample["s"] >= min(SETTLED_SECONDS, 30 * minutes)] or samples[-1:]
        figures.update(
            did=did, findings=[f"{each['kind']}: {each['summary']}" for each in findings], waits=status["waits"],
            edges=status["edges"], longest_wait_s=round(status["longest_ever_s"], 1), lost_events=status["lost_events"],
            rss_mib=round(max(each["rss_kib"] for each in samples) / 1024, 2),
            own_mib=round(max(each["anon_kib"] + each["shared_kib"] for each in samples) / 1024, 2),
            all_processes_mib=round(max(each["all_kib"] for each in samples) / 1024, 2),
            growth_kib=settled[-1]["rss_kib"] - settled[0]["rss_kib"],
            bpf_mib=round(max(each["bpf_kib"] for each in samples) / 1024, 2),
            bpf_growth_kib=settled[-1]["bpf_kib"] - settled[0]["bpf_kib"],
            warnings=sum("WARNING: CPU" in line or "BUG:" in line for line in host.console_text().splitlines()))
        if findings:
            keep.mkdir(parents=True, exist_ok=True)
            host.check("tar -C /run -cf /run/findings.tar findings watch.ndjson watch.said")
            (keep / f"{kernel}.tar").write_bytes(host.get("/run/findings.tar"))
        return figures
