# SPDX-License-Identifier: GPL-2.0-only
"""What watching costs those who are watched, beside other tools, in one boot whose time is counted in instructions (QEMU's -icount:
125 million a second, whatever else the machine does). One CPU, so that all that the watcher does counts as well."""
import statistics, time

from watched import *

HERE = pathlib.Path(__file__).resolve().parent
SECONDS, CGROUPS, EXECS = 3, 1500, 300  # of the stand-in; of groups fewer differ by more than watching costs
FIO = ("tool fio --name=x --filename=/dev/nullb0 --rw=randwrite --bs=4k --direct=1 --size=64M --time_based --minimal"
       f" --runtime={SECONDS}")
WRITE_IOPS = 48  # the field of fio's minimal output


def iops(host, engine, depth):
    return float(host.check(f"{FIO} --ioengine={engine} --iodepth={depth}", 600).split(";")[WRITE_IOPS])


def storm(host, what, count, directory=""):
    """How many a second."""
    return count / (int(host.check(f"storm {what} {count} {directory}", 600)) / 1e9)


def loads(host, storms, ios=True):
    figures = {"depth 1": iops(host, "psync", 1), "depth 32": iops(host, "libaio", 32)} if ios else {}
    if storms:
        figures["cgroups"] = storm(host, "cgroups", CGROUPS, "/sys/fs/cgroup")
        figures["execs"] = storm(host, "execs", EXECS)
    return figures


def programs(host):
    return len(json.loads(host.check("bpftool -j prog show", 120) or "[]"))


def beside(host, command, storms):
    """The loads while this runs, which attaches programs and is ended by SIGINT."""
    before = programs(host)
    host.check(f"nohup {command} >/run/beside.said 2>&1 </dev/null & echo $! >/run/beside.pid")
    if not until(600, lambda: programs(host) > before, 3):
        raise RuntimeError(f"{command} attaches nothing: {host.run('cat /run/beside.said')[1]}")
    # All of them: when their number stays what it is.
    while (now := programs(host)) != before:
        before = now
        time.sleep(3)
    host.check("sleep 5", 300)
    figures = loads(host, storms)
    host.check("kill -INT $(cat /run/beside.pid); while kill -0 $(cat /run/beside.pid) 2>/dev/null; do sleep 0.2; done", 300)
    return figures


def watched(host, options="", storms=True, tier=None, ios=True):
    used = start_watch(host, options, deadline=600)["used"]
    if tier not in (None, used):
        raise RuntimeError(f"watched by tier {used}, not {tier}")
    host.check("sleep 2", 300)
    figures = loads(host, storms, ios)
    end_watch(host, 300)
    return figures


def of_none(figures):
    """By load and by who watches, the median of what was done for each that was done unwatched in the same round."""
    return {load: {name: round(statistics.median(one / none for one, none in zip(values, by["none"])), 4)
                   for name, values in by.items() if name != "none"} for load, by in figures.items()}


def cost(rounds, keep, only_tracefs=False, only_storms=False):
    """IOs, groups and programs a second, by who watches: a list each, a figure per round. What there is goes to `keep` whenever
    there is more. Or of `watch` in tier tracefs alone, and of IOs alone; or of `watch` alone, and without IOs."""
    figures, tools_disk, storms, ios = {}, tools(), not only_tracefs, not only_storms
    with Standin("cost", kernel="deb:6.1", memory="1G", cpus=1, disks=[tools_disk], accel="tcg,thread=single",
                 arguments=["-icount", "shift=3"]) as host:
        host.put(BLKHANG, "/usr/local/bin/blkhang", deadline=600)
        host.put_program(HERE / "storm.c")
        with_tools(host)
        host.put(HERE / "nesting.bt", "/run/nesting.bt")
        host.put((HERE / "nesting.bt").read_bytes() + (HERE / "nesting_bios.bt").read_bytes(), "/run/nesting-and-bios.bt")
        host.check("modprobe null_blk nr_devices=1 queue_mode=2 gb=1", 120)
        loads(host, storms, ios)  # once, so that what is loaded and allocated the first time is there
        unwatched = ("none", lambda: loads(host, storms, ios))
        everybody = (unwatched, ("watch", lambda: watched(host)),
                     ("klockstat", lambda: beside(host, "tool klockstat", False)),
                     ("bpftrace", lambda: beside(host, "tool bpftrace /run/nesting.bt", False)),
                     ("bpftrace, bios too", lambda: beside(host, "tool bpftrace /run/nesting-and-bios.bt", False)))
        ours = (unwatched, ("watch", lambda: watched(host, ios=ios)))
        in_tracefs = (unwatched, ("watch", lambda: watched(host, "--tier tracefs", storms, "tracefs")))
        for _ in range(rounds):
            for name, measure in in_tracefs if only_tracefs else ours if only_storms else everybody:
                for load, value in measure().items():
                    figures.setdefault(load, {}).setdefault(name, []).append(round(value, 1))
                    print(f"# {name}, {load}: {value:.1f}", flush=True)
                keep({"per_second": figures, "of_none": of_none(figures), "unfinished": True})
    keep({"per_second": figures, "of_none": of_none(figures)})
