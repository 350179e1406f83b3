/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bookkeeping of the BPF programs (bpf/tasks.h, sparing.h, nesting.h, queues.h, waits.h), run in user space over
 * events that the kernel recorded: where it has no BPF, what a task is inside of and whom it waits for is found out by
 * the same code.
 *
 * C, as the code that it runs is. There is one such bookkeeping in a process, and one thread at a time may use it.
 */
#ifndef BLKHANG_REPLAY_H
#define BLKHANG_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "watch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is at a place of bpf/places.def. */
enum replay_place {
#define ENTRY(place, functions, role, action) REPLAY_ENTRY_##place,
#define EXIT(place, functions, role, action) REPLAY_EXIT_##place,
#include "places.def"
	REPLAY_TASK_FREE, /* nothing refers to the task `pid` any more */
	REPLAY_PLACES,
};

#define REPLAY_COMM 16
#define REPLAY_ARGUMENTS 4

/* One event, with what it read from the kernel's memory when it happened. What is not known is 0. */
struct replay_event {
	__u64 at_ns; /* CLOCK_MONOTONIC */
	__u64 frame; /* where the return address of the call lies, or lay */
	__u64 return_address; /* that is there at the entry; the trampoline's where the return is not to be watched */
	__u64 arguments[REPLAY_ARGUMENTS];
	__u64 result;
	__u64 bio_queue; /* that the bio among the arguments goes to */
	__u64 bio_blkg;
	__u64 bio_group; /* serial number of its cgroup */
	__u64 queue; /* among the arguments */
	__u32 queue_depth; /* mq_freeze_depth of that, if `has_depth` */
	__u32 pid; /* of the thread */
	__u32 percpu_owner; /* pid of the owner of pcpu_alloc_mutex */
	__u32 task_flags; /* PF_.. of bpf/flags.h */
	__u32 lock_owner; /* the same of the mutex that is the first argument */
	bool has_depth;
	char comm[REPLAY_COMM];
};

/* What does not change while the kernel runs. */
struct replay_given {
	__u64 percpu_mutex;
	__u64 return_trampoline;
	__u32 only_kswapd;
	__u32 tasks; /* room for as many */
	__u32 pairs; /* the same of cgroups and disks */
	bool spares_lone_allocs; /* sparing.h */
	/* Offsets of mutexes in struct request_queue; 0: not there, or not known. */
	struct {
		__u32 blkcg_mutex, rq_qos_mutex, elevator_lock, sysfs_lock, limits_lock, debugfs_mutex;
	} queue_mutexes;
};

/* Events of bpf/watch.h, as the ring buffer has them. */
typedef void replay_sink(void *context, const void *event, size_t size);

/* Forgets everything. False if there is no memory. */
bool replay_begin(const struct replay_given *given, replay_sink *sink, void *context);
/* Gives back the memory. */
void replay_end(void);
/* Which disk a queue is of, in the kernel's form. False if there is no room. */
bool replay_learn_disk(__u64 queue, __u32 disk);
/* Allocates nothing. */
void replay_run(enum replay_place place, const struct replay_event *event);

struct watch_counters *replay_counters(void);
const struct watch_standing *replay_standing(void);
const __u32 *replay_eras(void);

#ifdef __cplusplus
}
#endif

#endif
