#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the scheduler bfq for a swap disk that many cgroups use, while per-CPU allocations swap out
# Reproducer of: hang on 7.2.12+deb13-cloud-amd64, 4.2 s into the load.
#
#   sh repro.sh DISK BYTES
#
# As root, in a virtual machine that may hang and have to be reset. Each DISK is a whole one, blank, that nobody uses;
# BYTES is its size, said again to be sure. What they are for, and how large they have to be:
#   swap: 512MiB (536870912 bytes)
# Needs: cgroup v2 with io and memory, bpf(2), mkswap, and cc. Where there is no cc, `sh repro.sh --build PROGRAM`
# elsewhere, and REPRO=PROGRAM sh repro.sh ... here.
# Exit status: 0 no hang in 20 s; 1 it looks like one, and the kernel's log has the stacks; 2 refused. Swap and
# cgroups stay as they are: reset the machine afterwards.
#
# Seen with 256MiB of memory, 1 CPUs and possible_cpus=1; what there is more of memory is filled.
# Not as in that run: its hogs are no stress-ng.
# Made by blkhang 0.1.0 a298d55f0087 from its profile elv-bfq.
set -eu
group=/sys/fs/cgroup/repro

main() {
    if [ "${1:-}" = --build ] && [ "$#" -eq 2 ]; then
        build "$2" -static
        exit
    fi
    [ "$(id -u)" -eq 0 ] || refuse "this needs root"
    grep -q '^flags.* hypervisor' /proc/cpuinfo || refuse "this is no virtual machine: it would hang"
    # Xen's dom0 has that flag, too, and is the machine itself.
    ! grep -q -s control_d /proc/xen/capabilities || refuse "this is Xen's dom0: the whole machine would hang"
    if [ "$#" -lt 2 ] || [ "$#" -gt 2 ] || [ $(($# % 2)) -ne 0 ]; then
        refuse "usage: sh repro.sh DISK BYTES, as it says at its beginning"
    fi
    disks=
    names=
    check "$1" "$2" 536870912
    disk1=$1 name1=$name
    shift 2
    program=${REPRO:-}
    if [ -z "$program" ]; then
        program=$(mktemp -d)/repro
        build "$program"
    fi
    modprobe -q -a bfq || true # the kernel may have it built in
    for disk in $disks; do
        mkswap -L repro "$disk" 524288 >/dev/null || refuse "$disk cannot be had for this alone" # opens it with O_EXCL
    done
    echo "+io +memory" >/sys/fs/cgroup/cgroup.subtree_control || refuse "there is no cgroup v2 with io and memory"
    mkdir -p "$group"
    echo "+io +memory" >"$group/cgroup.subtree_control"
    swapon -p 1 "$disk1"
    echo 60 >/proc/sys/vm/swappiness

    exec "$program" \
        group "$group" \
        churn 2 40 2097152 0 \
        percpu 2 1 32768 8 \
        trigger 200 4000 1 \
        shot - "/sys/block/${name1}/queue/scheduler" "bfq" \
        shot - "/sys/block/${name1}/queue/scheduler" "none" \
        run 20
}

refuse() {
    echo "repro.sh: $*" >&2
    exit 2
}

# check DISK BYTES USED: is it that, and blank? Sets name; writes nothing.
check() {
    case $1 in
    *[!A-Za-z0-9/_.:-]*) refuse "$1: give it another name" ;;
    esac
    disks="$disks $1"
    name=$(basename "$(readlink -f "$1")")
    case "$names " in
    *" $name "*) refuse "$1 is given twice" ;;
    esac
    names="$names $name"
    if [ ! -b "$1" ] || [ ! -e "/sys/block/$name/size" ]; then
        refuse "$1 is no whole disk"
    fi
    size=$(($(cat "/sys/block/$name/size") * 512))
    [ "$size" = "$2" ] || refuse "$1 has $size bytes, not $2"
    [ "$size" -ge "$3" ] || refuse "$1 has $size bytes, and $3 are needed"
    for part in "/sys/block/$name/$name"* "/sys/block/$name/holders"/*; do
        [ ! -e "$part" ] || refuse "$1 is in use: $part"
    done
    # An earlier run of this may have written to it. Else it is blank where this is going to write, and at its end.
    if [ "$(dd if="$1" bs=1 skip=1052 count=6 2>/dev/null | tr -d '\000')" != repro ]; then
        cmp -s -n "$3" "$1" /dev/zero || refuse "$1 is not blank"
        end=$((size / 1048576 - 1))
        dd if="$1" bs=1048576 skip="$end" 2>/dev/null | cmp -s -n $((size - end * 1048576)) - /dev/zero ||
            refuse "$1 is not blank"
    fi
}

# build PROGRAM [OPTION]
build() {
    ${CC:-cc} -O2 ${2:+"$2"} -o "$1" -x c - <<'END_OF_C'
// SPDX-License-Identifier: GPL-2.0-or-later
// What a shell cannot do of a reproducer: a load that goes on while memory runs short. It is told in words:
//   group DIRECTORY               of cgroup v2; all that are made are in there
//   limit TEXT                    for io.max of each of those; may be repeated, as may trigger and shot
//   data DISK BEGIN BYTES         that is written to, there
//   churn WORKERS RING MEMORY WRITES   rings of fresh cgroups; a process in each touches memory and writes 4 KiB
//   writers COUNT BLOCK SPAN      processes that write at random, each to its part of the disk, in a cgroup of its own
//   percpu CHURNERS MAPS VALUE ENTRIES   rings of BPF per-CPU arrays, made and closed without end
//   hogs COUNT MEMORY             processes that touch their memory again and again, so that it comes back from swap
//   trigger EVERY DELAY AT_ONCE   fires the shots that follow, in turn, so many at a time; milliseconds
//   shot DISK FILE VALUE          written to a kernel file; a DISK that is not - becomes swap DELAY before, just once
//   run SECONDS                   all that was said before; exit status 1 if it looks like a hang
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define STILL 20       // seconds that nothing moves for until it looks like a hang
#define IO_FLUSHER 57  // PR_SET_IO_FLUSHER, which older headers lack
#define MOST 64

static struct { uint64_t begin, bytes; } data;
static struct { uint64_t workers, ring, memory, writes; } churn;
static struct { uint64_t count, block, span; } writers;
static struct { uint64_t churners, maps, value, entries; } percpu;
static struct { uint64_t count, memory; } hogs;
static struct { uint64_t every, delay, at_once; int first, end; } triggers[MOST];
static struct { const char *disk, *value; int fd; } shots[MOST];
static const char *group, *limits[MOST];
static int data_fd = -1, trigger_count, shot_count, limit_count, go[2];
static struct { _Atomic unsigned long cgroups, maps, writes, begun[MOST], taken[MOST], refused[MOST]; } *done;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "repro: %s: %s\n", what, why);
	exit(2);
}

static int put(const char *directory, const char *name, const char *text)
{
	char file[512];
	int fd, failed;

	snprintf(file, sizeof(file), "%s/%s", directory, name);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	failed = fd < 0 || write(fd, text, strlen(text)) < 0;
	if (fd >= 0)
		close(fd);
	return failed;
}

static void *memory_of(uint64_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap", strerror(errno));
	return memory;
}

static void touch(volatile char *memory, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PAGE)
		memory[at]++;
}

static void write_block(const void *block, uint64_t size, uint64_t offset)
{
	uint64_t at = data.begin + offset / size % (data.bytes / size) * size;

	if (pwrite(data_fd, block, size, (off_t)at) == (ssize_t)size && !fsync(data_fd))
		done->writes++;
}

static int make_group(const char *path)
{
	if (mkdir(path, 0755))
		return -1;
	for (int i = 0; i < limit_count; i++)
		if (put(path, "io.max", limits[i]))
			return -1;
	done->cgroups++;
	return 0;
}

static void play_churn(int worker)
{
	struct { char path[256]; pid_t member; } *ring = calloc(churn.ring, sizeof(*ring)), *slot;

	for (uint64_t round = 0;; round++) {
		slot = &ring[round % churn.ring];
		if (slot->member > 0) {
			kill(slot->member, SIGKILL);
			waitpid(slot->member, NULL, 0);
			rmdir(slot->path);
		}
		snprintf(slot->path, sizeof(slot->path), "%s/churn%d-%lu", group, worker, (unsigned long)round);
		slot->member = make_group(slot->path) ? -1 : fork();
		if (slot->member)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		put(slot->path, "cgroup.procs", "0");
		touch(memory_of(churn.memory), churn.memory);
		for (uint64_t i = 0; i < churn.writes; i++)
			write_block(memory_of(PAGE), PAGE, (round * churn.writes + i) * PAGE);
		while (pause())
			;
	}
}

static void play_writer(int number)
{
	char path[256], *block = memory_of(writers.block);

	snprintf(path, sizeof(path), "%s/writer%d", group, number);
	if (make_group(path) || put(path, "cgroup.procs", "0"))
		die(path, strerror(errno));
	for (srandom((unsigned)number + 1);;)
		write_block(block, writers.block, (uint64_t)number * writers.span + (uint64_t)random() % writers.span);
}

// Each array is a per-CPU allocation that asks for pages, and may reclaim, under pcpu_alloc_mutex.
static void play_percpu(int number)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4,
			       .value_size = (uint32_t)percpu.value, .max_entries = (uint32_t)percpu.entries };
	int *ring = malloc(percpu.maps * sizeof(*ring));

	memset(ring, -1, percpu.maps * sizeof(*ring));
	for (uint64_t i = (uint64_t)number;; i++) {
		int *fd = &ring[i % percpu.maps];

		close(*fd);
		*fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map));
		done->maps += *fd >= 0;
	}
}

static void play_hog(int number)
{
	for (char *memory = memory_of(hogs.memory);; memory[number]++)
		touch(memory, hogs.memory);
}

static void play_trigger(int number)
{
	int first = triggers[number].first, end = triggers[number].end, fresh = strcmp(shots[first].disk, "-"), priority = 1;

	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!fresh)
		usleep((useconds_t)triggers[number].delay * 1000);
	for (int i = first; i < end;) {
		done->begun[number]++;
		if (fresh && !swapon(shots[i].disk, SWAP_FLAG_PREFER | ++priority))
			usleep((useconds_t)triggers[number].delay * 1000);
		(pwrite(shots[i].fd, shots[i].value, strlen(shots[i].value), 0) > 0 ? done->taken : done->refused)[number]++;
		if ((++i - first) % (int)triggers[number].at_once == 0)
			usleep((useconds_t)triggers[number].every * 1000);
		if (i == end && !fresh)
			i = first;
	}
}

static void start(void (*role)(int), uint64_t count, const char *oom_score)
{
	for (int i = 0; i < (int)count; i++) {
		pid_t pid = fork();
		char byte;

		if (pid > 0)
			continue;
		if (pid < 0)
			die("fork", strerror(errno));
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		put("/proc/self", "oom_score_adj", oom_score);
		close(go[1]);
		while (read(go[0], &byte, 1) < 0)  // until all are there and the load begins
			;
		role(i);
		while (pause())
			;
	}
}

// Where nothing moves for a while, the kernel is asked who is blocked, twice.
static int watch(uint64_t seconds)
{
	unsigned long before[MOST + 1] = { 0 }, still[MOST + 1] = { 0 }, worst = 0;
	int sysrq = open("/proc/sysrq-trigger", O_WRONLY), level = open("/proc/sys/kernel/printk", O_WRONLY);

	for (uint64_t second = 1; second <= seconds || worst; second++) {
		unsigned long begun = 0, refused = 0;

		sleep(1);
		worst = 0;
		for (int i = 0; i <= trigger_count; i++) {  // the last is the rest of the load
			int last = i == trigger_count;
			unsigned long ended = !last ? done->taken[i] + done->refused[i] :
				percpu.churners + churn.workers ? done->maps + done->cgroups : done->writes;

			still[i] = ended != before[i] || (!last && done->begun[i] == ended) ? 0 : still[i] + 1;
			before[i] = ended;
			worst = still[i] > worst ? still[i] : worst;
			begun += last ? 0 : done->begun[i];
			refused += last ? 0 : done->refused[i];
		}
		for (int i = 0; worst >= STILL && i < 2; i++, sleep(10))
			if (write(level, "8", 1) < 0 || write(sysrq, "w", 1) < 0)
				perror("repro: sysrq w");
		if (worst >= STILL) {
			fprintf(stderr, "repro: it looks HUNG: nothing has moved for %lu s. The kernel's log has the stacks of all\n"
					"blocked tasks twice, 10 s apart. Reset the machine.\n", worst);
			return 1;
		}
		if (second % 5 == 0)
			fprintf(stderr, "repro: %lu s: %lu writes to kernel files, %lu refused; %lu maps, %lu cgroups\n",
				(unsigned long)second, begun, refused, done->maps, done->cgroups);
	}
	fprintf(stderr, "repro: no hang in %lu s\n", (unsigned long)seconds);
	return 0;
}

static int run(uint64_t seconds)
{
	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED || pipe(go) || setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }))
		die("setting up", strerror(errno));
	start(play_trigger, (uint64_t)trigger_count, "0");
	start(play_writer, writers.count, "1000");
	start(play_churn, churn.workers, "1000");
	start(play_percpu, percpu.churners, "1000");
	start(play_hog, hogs.count, "1000");
	put("/proc/self", "oom_score_adj", "-1000");
	prctl(IO_FLUSHER, 1, 0, 0, 0);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	fprintf(stderr, "repro: the load begins\n");
	close(go[0]);
	close(go[1]);
	return watch(seconds);
}

// The word, if it is that one and its values follow; the first of them are left to the caller, the others are numbers.
static char **take(char ***word, char **end, const char *name, int texts, int numbers, uint64_t *into)
{
	char **values = *word + 1;

	if (strcmp(**word, name) || end - values < texts + numbers)
		return NULL;
	for (int i = 0; i < numbers; i++)
		into[i] = strtoull(values[texts + i], NULL, 10);
	*word = values + texts + numbers;
	return values;
}

int main(int argc, char **argv)
{
	char **word = argv + 1, **end = argv + argc, **text;
	uint64_t seconds;

	while (word < end && trigger_count < MOST - 1 && shot_count < MOST && limit_count < MOST) {
		if ((text = take(&word, end, "group", 1, 0, NULL))) {
			group = text[0];
		} else if ((text = take(&word, end, "limit", 1, 0, NULL))) {
			limits[limit_count++] = text[0];
		} else if ((text = take(&word, end, "data", 1, 2, &data.begin))) {
			if ((data_fd = open(text[0], O_WRONLY | O_DIRECT | O_CLOEXEC)) < 0)
				die(text[0], strerror(errno));
		} else if ((text = take(&word, end, "trigger", 0, 3, &triggers[trigger_count].every))) {
			triggers[trigger_count++].first = shot_count;
		} else if (trigger_count > 0 && (text = take(&word, end, "shot", 3, 0, NULL))) {
			shots[shot_count].disk = text[0];
			shots[shot_count].value = text[2];
			// Now: a machine that hangs has no memory for that.
			if ((shots[shot_count].fd = open(text[1], O_WRONLY | O_CLOEXEC)) < 0)
				die(text[1], strerror(errno));
			triggers[trigger_count - 1].end = ++shot_count;
		} else if (take(&word, end, "run", 0, 1, &seconds)) {
			return run(seconds);
		} else if (!take(&word, end, "churn", 0, 4, &churn.workers) && !take(&word, end, "writers", 0, 3, &writers.count) &&
			   !take(&word, end, "percpu", 0, 4, &percpu.churners) && !take(&word, end, "hogs", 0, 2, &hogs.count)) {
			die(*word, "not understood");
		}
	}
	die("usage", "words, the last of them: run SECONDS");
}
END_OF_C
}

main "$@"
