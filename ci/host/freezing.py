# SPDX-License-Identifier: GPL-2.0-only
"""A stand-in that freezes for real: stock 6.1, whose swap disk (Disk "swap") gets another IO scheduler again and again while
memory is short. And what is seen of that from outside, when nothing answers there any more."""
import json, pathlib, re

from standin import Silent, until

HERE = pathlib.Path(__file__).resolve().parent
# Emulated, the freeze comes after 17 to 21 s of load.
FROZEN = 180

PREPARE = r"""
set -e
swap=$(readlink -f /dev/disk/by-id/virtio-swap)
mkswap -q $swap; swapon $swap
echo ${swap#/dev/} >/run/swap-disk
modprobe mq-deadline 2>/dev/null || true
sysctl -qw vm.swappiness=100
"""
# The shell that writes is another one each time: SIGKILL to it ends a write, not the switching.
SWITCH = r"""
disk=$(cat /run/swap-disk)
while :; do
    sh -c "echo mq-deadline >/sys/block/$disk/queue/scheduler; echo none >/sys/block/$disk/queue/scheduler"
done
"""
# A second later, so that who is told to begin has answered before memory is short.
FREEZE = ("(sleep 1; exec sh /run/switch.sh) >/dev/null 2>&1 & echo $! >/run/switch.pid; "
          "(sleep 1; exec memory_load 700) >/dev/null 2>&1 & echo $! >/run/load.pid")


def install(host, blkhang):
    """The program, the load, and what stops others there, on a stand-in that has booted for the first time."""
    host.put(blkhang, "/usr/local/bin/blkhang")
    for name in ("memory_load", "stop_at"):
        host.put_program(HERE / f"{name}.c")


def prepare(host):
    """After each boot: swaps, and has all that is needed to freeze."""
    host.check(PREPARE)
    host.put(SWITCH.encode(), "/run/switch.sh")


def proofs(console):
    """What was proven by what a console says: of each proof whom it is about and what each waits for, {(comm[pid], thing)}."""
    found = re.findall(r"blkhang: hang proven: (.*)", console)
    return [{tuple(part.strip().split(" waits for ", 1)) for part in text.split("; ")} for text in found]


def freeze(host, seconds=FROZEN):
    """Loads a host that is watched until a hang is proven there: what was proven, as its console says it."""
    seen = len(host.console_text())
    try:
        host.check(FREEZE)
    except Silent:
        pass  # on a machine that has much else to do it freezes before it answers
    return until(seconds, lambda: proofs(host.console_text()[seen:]))


def recover(host, sources, name):
    """(exit status, record or {}, all that was said) of `blkhang recover` on a host that was started again."""
    status, text = host.run(f"blkhang recover {sources} --out /root/{name} --json 2>/run/said", 60)
    said = host.run("cat /run/said")[1]
    try:
        return status, json.loads(text), said
    except ValueError:
        return status, {}, text + said


def what_is_wrong(record, proven):
    """What a record lacks of a hang that was proven: its tasks, what each waits for, and its role, which is that each holds what
    the one before it waits for. Empty if it is all there."""
    wrong = []
    if record.get("verdict", {}).get("value") != "hang":
        wrong.append(f"the verdict is {record.get('verdict')}")
    tasks = record.get("deadlock", {}).get("tasks", [])
    told = {(f"{task['comm']}[{task['pid']}]", task["waits_for"]) for task in tasks}
    # In the proof a task may have several waits, one within the other: for memory, and in there for a queue.
    if not any(told <= proof and {who for who, _ in told} == {who for who, _ in proof} for proof in proven):
        wrong.append(f"its tasks are {told}, and proven was {proven}")
    for before, task in zip(tasks[-1:] + tasks[:-1], tasks):
        if before["waits_for"] not in task["holds"]:
            wrong.append(f"{task['comm']} holds {task['holds']}, and {before['comm']} waits for {before['waits_for']}")
        if not task["stack"]:
            wrong.append(f"{task['comm']} has no stack")
    return wrong
