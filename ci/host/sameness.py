# SPDX-License-Identifier: GPL-2.0-only
"""Is a stand-in as it was before something was done to it?"""
import difflib, pathlib, re, time

import standin
from standin import Silent

HERE = pathlib.Path(__file__).resolve().parent
# Records, and the age of disks, of udev's links to them, and of /dev/kvm (10:232), of which udev hears with each virtual machine.
NOT_COUNTED = tuple(f"file: {path}" for path in ("/root/runs", "/dev/disk/", "/dev/block/", "/dev/vd", "/dev/loop", "/dev/pmem", "/dev/kvm", "/dev/char/10:232", "/run/run.pid", "/var/lib/blkhang/lock"))


def prepare(host):
    host.put(HERE / "inventory.sh", "/root/inventory.sh")


def inventory(host):
    """A fact a line. To look mounts what is mounted when somebody comes by: the first one does not count."""
    return [line for line in host.check("bash /root/inventory.sh", 120).splitlines() if not line.startswith(NOT_COUNTED)]


def difference(before, after):
    return [line for line in difflib.unified_diff(before, after, "before", "after", lineterm="", n=0) if line[:2] not in ("--", "++", "@@")]


# What a boot makes anew, or numbers as it comes; and what a boot does not keep.
OF_A_BOOT = ("process: ", "unit: ", "bpf: ", "cgroup: ", "control: ", "pstore: ", "watchdog: ", "module: ", "file: /run/", "file: /dev/", "file: /tmp/",
             "file: /var/log/", "file: /var/lib/systemd/", "sysctl: vm.user_reserve_kbytes")
# Numbers that mounts get as they come.
NUMBERS_OF_MOUNTS = re.compile(r"(?<=^mount: ) *0:\d+| (shared|master):\d+|,(fd|pgrp|pipe_ino)=\d+")


def over_a_reboot(before, after):
    """What differs of that which a host keeps over a reboot."""
    return difference(*(sorted(NUMBERS_OF_MOUNTS.sub("", line) for line in lines if not line.startswith(OF_A_BOOT)) for lines in (before, after)))


def settled(host, before):
    """What differs from before once nothing comes and goes by itself any more."""
    for _ in range(6):
        changed = difference(before, inventory(host))
        if not changed:
            break
        time.sleep(2)
    return changed


def ends(host, disks):
    """Sums of the first and the last MiB of each, from the disk itself: what is swapped to it passes no cache."""
    mib = "dd bs=1M count=1 iflag=direct status=none"
    return [host.check(f"last=$(($(blockdev --getsize64 {disk.path}) / 1048576 - 1)); "
                       f"for at in 0 $last; do {mib} if={disk.path} skip=$at; done | sha256sum", 60) for disk in disks]


def until(seconds, condition):
    """As standin.until, of a host that may be silent meanwhile."""
    def answered():
        try:
            return condition()
        except Silent:
            return None
    return standin.until(seconds, answered)
