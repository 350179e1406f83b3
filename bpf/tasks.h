/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a task.
 *
 * It lives in a preallocated hash: task storage would allocate memory at the first sight of a task, in the very paths
 * that we watch, and 5.10 has none.
 */
#ifndef BLKHANG_TASKS_H
#define BLKHANG_TASKS_H

#define MAX_TASKS 8192 /* at the least: user space makes room for more where there is the memory */

GIVEN __u64 percpu_mutex_address;

#define BIT(scope) (1u << (scope))
#define PERCPU_ALLOC_KINDS (BIT(SCOPE_PERCPU_ALLOC) | BIT(SCOPE_PERCPU_ALLOC_NOIO) | BIT(SCOPE_PERCPU_ALLOC_NOWAIT))
#define PERCPU_MUTEX_USERS (PERCPU_ALLOC_KINDS | BIT(SCOPE_PERCPU_BALANCE))
#define RECLAIM_KINDS (BIT(SCOPE_RECLAIM) | BIT(SCOPE_RECLAIM_NOIO))

/* A queue that a task keeps frozen. */
struct frozen {
	__u64 queue; /* 0: none */
	__u32 disk; /* as it was told */
	__u32 era;
	__u32 slot; /* in `standing` */
	__u16 index; /* of the queue */
	__u16 times;
	__u32 might_hang; /* this freeze was counted as one that could have */
	__u32 unused;
};
#define MAX_FROZEN 8

/* What a task waits for, apart from who holds it up. */
struct awaited {
	__u32 kind;
	__u32 lock;
	__u32 disk;
};

struct task_scopes {
	__u64 frame[SCOPE_COUNT]; /* stack address of the outermost entry */
	struct frozen frozen[MAX_FROZEN];
	__u64 held_since_ns; /* that it has a queue frozen, or has entered one in blkg_conf_prep() */
	__u64 entering; /* the queue that it asks to enter */
	__u64 asks_to_use; /* the queue that it asks to enter in blkg_conf_prep() */
	__u64 uses; /* the queue that it entered there */
	__u64 conf; /* blkg_conf_prep()'s struct blkg_conf_ctx, where that tells the disk */
	__u64 mutex; /* it waits for */
	__u64 throttled; /* frame of throttle_direct_reclaim(), if to sleep there would matter; 0: it is not in there */
	__u64 percpu_since_ns; /* that it is inside of what takes pcpu_alloc_mutex */
	__u64 memory_wait_ns; /* when it was last reported to wait for memory; 0 when it does not */
	__u32 memory_slot; /* of that wait in `standing` */
	__u32 sleep_slot; /* of the wait that it sleeps in */
	struct awaited awaited; /* in that wait */
	__u32 sleeps; /* is there one? */
	__u32 inside; /* bit per scope */
	__u32 active; /* what the scope entered last was entered inside of */
	__u32 counted; /* in `known_tasks` */
	__u32 unused;
};
static struct task_scopes nobody; /* too large for the stack */

/*
 * By address of the task, which is not given out again before the task's entry is gone. A task's entry stays when it
 * leaves its last scope: making it anew for each bio costs more than all the rest.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, __u64);
	__type(value, struct task_scopes);
} tasks SEC(".maps");

static __always_inline bool current_owns_percpu_mutex(void)
{
	return mutex_owner(percpu_mutex_address) == bpf_get_current_task();
}

static __always_inline struct task_scopes *find_task(void)
{
	__u64 task = bpf_get_current_task();

	return bpf_map_lookup_elem(&tasks, &task);
}

static __always_inline struct task_scopes *find_or_add_task(void)
{
	__u64 task = bpf_get_current_task();
	struct task_scopes *state = bpf_map_lookup_elem(&tasks, &task);

	if (state)
		return state;
	if (bpf_map_update_elem(&tasks, &task, &nobody, BPF_ANY)) {
		count(&counters.lost);
		return NULL;
	}
	return bpf_map_lookup_elem(&tasks, &task);
}

#endif
