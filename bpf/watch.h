/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs and tool/probe say to each other. Fixed-width types only: this header is compiled for BPF and
 * for C++. The vocabularies are tables (*.def) that tool/judge and tool/profile include, too.
 */
#ifndef BLKHANG_WATCH_H
#define BLKHANG_WATCH_H

#include <linux/types.h>

enum watch_scope {
#define SCOPE(tag, name, drawn_as, calls) SCOPE_##tag,
#include "scopes.def"
	SCOPE_COUNT,
};

enum watch_event_type {
	EVENT_EDGE, /* first time that `inner` was entered in `outer` */
	EVENT_WAIT,
	EVENT_WAKE,
	EVENT_FREEZE, /* this task froze the queue of `disk` */
	EVENT_UNFREEZE, /* and released it */
};

enum watch_wait_kind {
#define WAIT(tag, name, held_by, shown) WAIT_##tag,
#include "waits.def"
	WAIT_COUNT,
};

enum watch_lock {
	LOCK_NONE,
#define LOCK(tag, name) LOCK_##tag,
#include "locks.def"
	LOCK_COUNT,
};

/*
 * The nested stack of the deadlock itself (allocator, reclaim, swap, throttle, allocator again) has some 60 frames
 * with the trampolines between them; perf_event_max_stack is 127 by default.
 */
#define WATCH_STACK_MAX 100

/* Every record starts with this. */
struct watch_event {
	__u32 type;
	__u32 pid;
	__u64 at_ns; /* bpf_ktime_get_ns(): CLOCK_MONOTONIC */
	__u8 outer; /* EVENT_EDGE */
	__u8 inner; /* EVENT_EDGE */
	__u8 wait_kind; /* EVENT_WAIT, EVENT_WAKE */
	__u8 owns_mutex; /* EVENT_WAIT: the waiter owns pcpu_alloc_mutex */
	__u32 gfp; /* EVENT_EDGE: of the allocation or reclaim entered */
	__u32 holder_pid; /* EVENT_WAIT */
	__u32 disk; /* dev_t of the disk whose queue or lock this is about; 0 where none is */
	__u32 owned_disk; /* EVENT_WAIT: whose locks `owned_locks` are */
	__u8 lock; /* EVENT_WAIT and EVENT_WAKE of WAIT_MUTEX: enum watch_lock */
	__u8 owned_locks; /* EVENT_WAIT: bit per lock of a queue that the waiter owns and that others waited for */
	__u8 reclaims; /* EVENT_WAIT: inside reclaim that may start IO, so that memory would be freed if it went on */
	__u8 unused;
	__u32 used_disk; /* EVENT_WAIT: the waiter has entered the queue of this disk and will leave it when it goes on */
	__u32 unused_too; /* no holes: records are copied as a whole */
};

/* All but EVENT_WAKE: what a wake does not need. */
struct watch_event_named {
	struct watch_event head;
	char comm[16];
};

/* With a stack: some EVENT_WAIT, and EVENT_EDGE. */
struct watch_event_full {
	struct watch_event_named named;
	__s32 stack_bytes;
	__u32 unused;
	__u64 stack[WATCH_STACK_MAX];
};

/*
 * A queue without a disk has a number of its own in place of the disk's: this and the queue's index. No disk has it,
 * for the kernel gives out majors below 512 (CHRDEV_MAJOR_MAX, BLKDEV_MAJOR_MAX).
 */
#define WATCH_NO_DISK 0xfff00000u
#define WATCH_QUEUES 256

/* Names of the disks whose queues are known, in shared memory: disks come and go after user space has read their names. */
struct watch_disk_name {
	__u32 disk; /* 0: none */
	__u32 unused;
	char name[32];
};

/*
 * A wait that lasts or a freeze in force, in shared memory: an event that was lost is told again from here. Slot 0 is
 * never used.
 */
#define WATCH_STANDING 4096
struct watch_standing {
	__u64 version; /* odd while it is being written */
	struct watch_event_named event; /* EVENT_WAIT or EVENT_FREEZE */
	__u32 in_force;
	__u32 queue; /* EVENT_FREEZE: index of the queue; the freeze ended when the queue's era did */
	__u32 era;
	__u32 unused;
};

/* Shared memory, read by user space without a system call. */
struct watch_counters {
	__u64 edges[SCOPE_COUNT][SCOPE_COUNT]; /* [outer][inner] */
#define COUNTED(id, words) __u64 id;
#define COUNTED_UNASKED(id, words) __u64 id;
#define NESTED(id, words, edges)
#include "coverage.def"
	__u64 lost; /* no room for an event, a task, a queue ..; waits whose end would not have been seen */
};

#endif
