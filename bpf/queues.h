/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Request queues: which task froze which of them, and what lies on the way to a deadlock over one. Both of these on the
 * same disk make a cycle: the owner of pcpu_alloc_mutex submits a bio to it, and a task that has its queue frozen
 * allocates per-CPU memory.
 */
#ifndef BLKHANG_QUEUES_H
#define BLKHANG_QUEUES_H

#define MAX_QUEUES 64
#define MAX_FREEZES 256
#define MAX_LOCKS (MAX_QUEUES * LOCK_COUNT)

/* A queue that was frozen, or was sent a bio by the owner of pcpu_alloc_mutex. */
struct queue {
	__u64 owner_bios;
	__u64 allocs; /* while frozen, by the task that froze it, with GFP_KERNEL */
	__u64 noio_allocs; /* the same, with GFP_NOIO or GFP_NOFS */
	__u32 disk;
	__u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_QUEUES);
	__type(key, __u64);
	__type(value, struct queue);
} queues SEC(".maps");

/* A task that keeps a queue frozen. A queue is usable again when all of them have released it. */
struct freeze {
	__u64 queue;
	__u64 pid;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_FREEZES);
	__type(key, struct freeze);
	__type(value, __u32); /* how often it froze it */
} freezes SEC(".maps");

struct queue_lock {
	__u32 disk;
	__u32 lock;
};

/* The mutexes of all queues above, by address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_LOCKS);
	__type(key, __u64);
	__type(value, struct queue_lock);
} locks SEC(".maps");

/* The number of a disk as user space knows it, in the kernel's form: MAJOR << 20 | MINOR. */
static __always_inline __u32 disk_of(const struct request_queue *queue)
{
	if (bpf_core_field_exists(queue->disk)) {
		const struct gendisk *disk = BPF_CORE_READ(queue, disk);

		return disk ? BPF_CORE_READ(disk, major) << 20 | BPF_CORE_READ(disk, first_minor) : 0;
	}
	return BPF_CORE_READ(queue, backing_dev_info, owner, devt);
}

static __always_inline __u64 queue_of(const struct bio *bio)
{
	if (bpf_core_field_exists(bio->bi_bdev))
		return (__u64)BPF_CORE_READ(bio, bi_bdev, bd_disk, queue);
	return (__u64)BPF_CORE_READ((const struct bio___before_5_12 *)bio, bi_disk, queue);
}

static __always_inline bool is_frozen(__u64 queue)
{
	return BPF_CORE_READ((const struct request_queue *)queue, mq_freeze_depth) > 0;
}

static __always_inline void remember_lock(__u64 address, __u32 disk, __u32 lock)
{
	struct queue_lock known = { .disk = disk, .lock = lock };

	bpf_map_update_elem(&locks, &address, &known, BPF_ANY);
}

#define REMEMBER_LOCK(member, lock)                                                                                    \
	do {                                                                                                           \
		if (bpf_core_field_exists(queue->member))                                                              \
			remember_lock((__u64)&queue->member, disk, lock);                                              \
	} while (0)

static __always_inline void remember_locks(__u64 address, __u32 disk)
{
	struct request_queue *queue = (void *)address;

	REMEMBER_LOCK(blkcg_mutex, LOCK_BLKCG);
	REMEMBER_LOCK(rq_qos_mutex, LOCK_RQ_QOS);
	REMEMBER_LOCK(elevator_lock, LOCK_ELEVATOR);
	REMEMBER_LOCK(sysfs_lock, LOCK_SYSFS);
	REMEMBER_LOCK(limits_lock, LOCK_LIMITS);
	REMEMBER_LOCK(debugfs_mutex, LOCK_DEBUGFS);
}

static __always_inline struct queue *find_or_add_queue(__u64 address)
{
	struct queue *known = bpf_map_lookup_elem(&queues, &address);
	struct queue fresh = {};

	if (known || !address)
		return known;
	fresh.disk = disk_of((const struct request_queue *)address);
	if (!bpf_map_update_elem(&queues, &address, &fresh, BPF_NOEXIST))
		remember_locks(address, fresh.disk);
	known = bpf_map_lookup_elem(&queues, &address);
	if (!known)
		count(&counters.lost);
	return known;
}

static __always_inline void note_owner_bio(void *ctx, const struct bio *bio)
{
	if (!current_owns_percpu_mutex())
		return;
	struct queue *queue = find_or_add_queue(queue_of(bio));

	if (!queue)
		return;
	if (queue->owner_bios == 0)
		report_first(ctx, SCOPE_PERCPU_MUTEX, SCOPE_SUBMIT_BIO, 0, queue->disk);
	count(&queue->owner_bios);
}

static __always_inline void count_frozen_alloc(void *ctx, __u32 disk, __u64 *seen, __u32 scope, __u32 gfp)
{
	count(&counters.frozen_allocs);
	if (*seen == 0)
		report_first(ctx, SCOPE_QUEUE_FROZEN, scope, gfp, disk);
	count(seen);
}

static __always_inline void note_blocking_alloc(void *ctx, const struct task_scopes *state, __u32 gfp)
{
	__u32 kind = percpu_alloc_kind(gfp);

	if (kind == SCOPE_PERCPU_ALLOC_NOWAIT)
		return;
	if (kind == SCOPE_PERCPU_ALLOC_NOIO)
		count(&counters.noio_allocs);
	if (!state || !(state->inside & BIT(SCOPE_QUEUE_FROZEN)))
		return;
	__u64 address = state->frozen;
	struct queue *queue = find_or_add_queue(address);

	if (!queue || !is_frozen(address))
		return;
	if (kind == SCOPE_PERCPU_ALLOC)
		count_frozen_alloc(ctx, queue->disk, &queue->allocs, SCOPE_PERCPU_ALLOC, gfp);
	else
		count_frozen_alloc(ctx, queue->disk, &queue->noio_allocs, SCOPE_PERCPU_ALLOC_NOIO, gfp);
}

static __always_inline void report_freeze(__u32 type, __u32 pid, __u32 disk)
{
	struct watch_event_named *event = reserve_named(type);

	if (!event)
		return;
	event->head.pid = pid;
	event->head.disk = disk;
	bpf_ringbuf_submit(event, 0);
}

/*
 * The current task has this queue frozen. If it is the only one, then whoever froze it before has released it: a release
 * that is made inside the block layer itself may be out of our sight.
 */
static __always_inline void note_freeze(__u64 address)
{
	struct freeze freeze = { .queue = address, .pid = (__u32)bpf_get_current_pid_tgid() };
	struct task_scopes *state = find_or_add_task();
	struct queue *queue = find_or_add_queue(address);
	__u32 once = 1;

	if (!state || !queue)
		return;
	bool alone = BPF_CORE_READ((const struct request_queue *)address, mq_freeze_depth) == 1;
	__u32 *times = bpf_map_lookup_elem(&freezes, &freeze);

	if (times && !alone) {
		*times += 1; /* only this task does so */
		return;
	}
	if (bpf_map_update_elem(&freezes, &freeze, &once, BPF_ANY)) {
		count(&counters.lost);
		return;
	}
	count(&counters.queue_freezes);
	state->frozen = address;
	state->frozen_since_ns = bpf_ktime_get_ns();
	state->inside |= BIT(SCOPE_QUEUE_FROZEN);
	state->frame[SCOPE_QUEUE_FROZEN] = FRAME_OF_FREEZE;
	if (alone)
		report_freeze(EVENT_UNFREEZE, 0, queue->disk);
	report_freeze(EVENT_FREEZE, freeze.pid, queue->disk);
}

/* The current task is about to release the queue. One that it did not freeze is from now on held by nobody we know. */
static __always_inline void note_unfreeze(__u64 frame, __u64 address, bool again)
{
	struct freeze freeze = { .queue = address, .pid = (__u32)bpf_get_current_pid_tgid() };
	struct task_scopes *state = find_or_add_task();
	struct queue *queue = find_or_add_queue(address);

	if (!state || is_handled(state, CALL_UNFREEZE, frame, again) || !queue)
		return;
	__u32 *times = bpf_map_lookup_elem(&freezes, &freeze);

	if (!times) {
		report_freeze(EVENT_UNFREEZE, 0, queue->disk);
		return;
	}
	*times -= 1;
	if (*times > 0 && BPF_CORE_READ((const struct request_queue *)address, mq_freeze_depth) > 1)
		return;
	bpf_map_delete_elem(&freezes, &freeze);
	if (state->frozen == address)
		state->inside &= ~BIT(SCOPE_QUEUE_FROZEN);
	report_freeze(EVENT_UNFREEZE, freeze.pid, queue->disk);
}

#endif
