#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints all of a stand-in that a program which changes nothing leaves as it is, a fact a line. Runs in the stand-in.
# shellcheck disable=SC2016 # awk's own variables
set -uo pipefail
export LC_ALL=C

# of SECTION COMMAND...: what the command prints, each line behind the section's name.
of() {
    local section=$1
    shift
    "$@" 2>&1 | sort | sed "s|^|$section: |"
}

of mount awk '{ $1 = $2 = ""; print }' /proc/self/mountinfo
of swap cat /proc/swaps
# Names, without how often each is in use.
of module awk '{ print $1 }' /proc/modules
of partition cat /proc/partitions
of loop losetup --list --noheadings
of dm dmsetup ls
of queue grep --recursive --no-messages . /sys/block/*/queue
of holder find /sys/block/*/holders /sys/block/*/slaves -mindepth 1
of cgroup find /sys/fs/cgroup -type d
of control grep --no-messages --recursive . /sys/fs/cgroup --include=cgroup.subtree_control --include='*.max' \
    --include='*.min' --include='*.low' --include='*.high' --include='*.weight' --include=io.latency --include=io.cost.*
# Without those that count or are drawn anew.
of sysctl bash -c "sysctl --all --ignore --pattern '^(vm|kernel|fs|net.core)\.' |
    grep --extended-regexp --invert-match '^(kernel.(ns_last_pid|random|pty.nr)|fs.*(-nr|-state) )'"
of bpf bpftool prog list
of bpf bpftool map list
of bpf bpftool link list
of probe cat /sys/kernel/tracing/kprobe_events /sys/kernel/tracing/uprobe_events
of event cat /sys/kernel/tracing/set_event
of watchdog grep --no-messages . /sys/class/watchdog/*/{state,timeout,nowayout}
of pstore ls /sys/fs/pstore
of unit systemctl list-units --all --no-legend --no-pager --plain
# Of every file that is kept: size, owner, mode and when it was changed. What the stand-in's own agent writes is not counted.
of file find / /run /dev -xdev ! -type d ! -path '/run/standin.*' ! -path '/run/log/*' ! -path '/run/systemd/*' \
    ! -path '/dev/pts/*' ! -path '/dev/ptmx' ! -path '/dev/virtio-ports/*' ! -path '/dev/vport*' ! -path '/run/udev/*' \
    -printf '%p %s %U %G %m %T@\n'
# But for the kernel's own, which are renamed as they work, and udev's workers, which end some seconds after their work. Looked
# at before anything reads from it: that would be counted, under one name or another.
processes=$(ps -p 2 --ppid 2 --deselect --no-headers --format comm)
of process grep --fixed-strings --invert-match '(udev-worker)' <<<"$processes"
