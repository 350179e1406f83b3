#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What may happen on a host any day, all at once, in a stand-in, until it is killed: memory pressure, another IO scheduler for the
# data disk, freezing of its filesystem, CPUs that come and go, systemd reading its units again, control groups with limits that
# come and go as containers do, fio. Counts what was done in /run/did.NAME. Disks come and go by the hand of whoever started it.
set -u
[[ -e /etc/blkhang-standin ]] || exit 1
data=$(readlink -f /dev/disk/by-id/virtio-data)
number=$(cat "/sys/class/block/${data##*/}/dev")
scheduler=/sys/block/${data##*/}/queue/scheduler
groups=$(cut --delimiter=: --fields=3 /proc/self/cgroup)
groups=/sys/fs/cgroup${groups%/}

# did NAME: one more.
did() {
    eval "count_$1=\$((\${count_$1:-0} + 1)); echo \$count_$1 >/run/did.$1"
}

schedulers() {
    while :; do
        for name in mq-deadline none; do
            echo $name >"$scheduler" && did schedulers
            sleep 2
        done
    done
}

freezes() {
    while :; do
        fsfreeze --freeze /data && sleep 0.5
        fsfreeze --unfreeze /data && did freezes
        sleep 8
    done
}

cpus() {
    while :; do
        sleep 11
        echo 0 >/sys/devices/system/cpu/cpu1/online && sleep 2
        echo 1 >/sys/devices/system/cpu/cpu1/online && did cpus
    done
}

reloads() {
    while :; do
        sleep 13
        systemctl daemon-reload && did reloads
    done
}

containers() {
    local each
    echo "+memory +io" >"$groups/cgroup.subtree_control"
    while :; do
        for each in 1 2 3 4; do
            mkdir "$groups/container$each" || continue
            echo "$number wiops=200" >"$groups/container$each/io.max"
            sh -c "echo \$\$ >$groups/container$each/cgroup.procs; dd if=/dev/zero of=/data/container$each bs=16k count=8 oflag=direct" 2>/dev/null
            head --bytes=2M /dev/zero >/data/buffered$each
        done
        for each in 1 2 3 4; do
            rmdir "$groups/container$each" && did containers
        done
        sleep 1
    done
}

pressure() {
    while :; do
        stress-ng --quiet --vm 1 --vm-bytes "${PRESSURE:-560M}" --vm-keep --timeout 15 --oomable && did pressure
        sleep 10
    done
}

fio() {
    mkdir --parents /tools/tmp/data
    mount --bind /data /tools/tmp/data
    while :; do
        tool fio --name=everyday --filename=/tmp/data/fio --rw=randrw --bs=4k --ioengine=libaio --iodepth=4 --direct=1 --size=16M \
            --time_based --runtime=15 --rate_iops=50 --minimal >/dev/null && did fio
    done
}

# Emulated, it would else leave no time to anybody who looks on.
renice --priority 10 $$ >/dev/null
# Processes have to leave the group before it can have limits for others.
mkdir --parents "$groups/load"
for _ in 1 2 3 4 5; do
    # shellcheck disable=SC2013 # a word a line, and the file changes while it is read
    for pid in $(cat "$groups/cgroup.procs"); do echo "$pid" >"$groups/load/cgroup.procs"; done 2>/dev/null
done
for each in schedulers freezes cpus reloads containers pressure fio; do
    $each &
done
wait
