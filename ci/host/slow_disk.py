# SPDX-License-Identifier: GPL-2.0-only
"""A disk that makes others wait. The second write takes 41 s on a disk of 100 bytes a second: whoever changes the scheduler waits
for it, and who writes after that waits for him."""
SPEED = 100
USE = r"""
write() { (dd if=/dev/zero of=/dev/$1 bs=4k count=1 seek=$2 oflag=direct; :) >/dev/null 2>&1 & }
(dd if=/dev/zero of=/dev/NAME bs=4k count=1 oflag=direct) 2>&1
write NAME 1; sleep 1
(echo mq-deadline >/sys/block/NAME/queue/scheduler; :) >/dev/null 2>&1 &
sleep 1; write NAME 2
"""


def plug(host):
    """Its name in the stand-in."""
    return host.plug("slow", "64M", SPEED)


def use(name):
    """A script."""
    return USE.replace("NAME", name)
