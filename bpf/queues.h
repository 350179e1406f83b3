/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Request queues: which task froze which of them, and what lies on the way to a deadlock over one. Both of these on the
 * same disk make a cycle: the owner of pcpu_alloc_mutex submits a bio to it, and a task that has its queue frozen
 * allocates per-CPU memory.
 */
#ifndef BLKHANG_QUEUES_H
#define BLKHANG_QUEUES_H

#define MAX_LOCKS (WATCH_QUEUES * LOCK_COUNT)

/* A queue that was frozen, or was sent a bio by the owner of pcpu_alloc_mutex or by reclaim. */
struct queue {
	__u64 freezers; /* tasks that were told to keep it frozen */
	__u32 disk;
	__u32 index;
	__u16 told[SCOPE_COUNT]; /* edges that were reported on this disk: [outer], bit per inner */
	__u16 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCH_QUEUES);
	__type(key, __u64);
	__type(value, struct queue);
} queues SEC(".maps");

SPARE_NUMBERS(spare_queues, WATCH_QUEUES);

/* An era of a queue ends when it is found that none of those that were told to keep it frozen does so any more. */
__u32 eras[WATCH_QUEUES];

struct queue_lock {
	__u64 queue;
	__u32 disk;
	__u32 lock;
	__u32 contended; /* somebody waited for it */
	__u32 unused;
};

/* The mutexes of all queues above, by address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_LOCKS);
	__type(key, __u64);
	__type(value, struct queue_lock);
} locks SEC(".maps");

/*
 * Nearly all mutexes that tasks wait for are none of these: making and removing a control group takes nine such waits.
 * The low bits of their addresses tell; to look for one in the map takes a hundred instructions more. Never cleared.
 */
#define LOCK_HINTS 1024
static __u8 lock_hints[LOCK_HINTS];

static __always_inline __u8 *hint_of(__u64 address)
{
	return &lock_hints[low_half(address) / sizeof(__u64) % LOCK_HINTS];
}

static __always_inline struct queue_lock *find_lock(__u64 address)
{
	return *hint_of(address) ? bpf_map_lookup_elem(&locks, &address) : NULL;
}

static __always_inline bool is_frozen(__u64 queue)
{
	return freeze_depth(queue) > 0;
}

static __always_inline void remember_lock(__u64 address, __u64 queue, __u32 disk, __u32 lock)
{
	struct queue_lock known = { .queue = queue, .disk = disk, .lock = lock };

	*hint_of(address) = 1;
	bpf_map_update_elem(&locks, &address, &known, BPF_ANY);
}

/* DO(member, lock) for each mutex of a queue that is told apart. Kernels have some of them. */
#define EACH_QUEUE_MUTEX(DO)                                                                                           \
	DO(blkcg_mutex, LOCK_BLKCG)                                                                                    \
	DO(rq_qos_mutex, LOCK_RQ_QOS)                                                                                  \
	DO(elevator_lock, LOCK_ELEVATOR)                                                                               \
	DO(sysfs_lock, LOCK_SYSFS)                                                                                     \
	DO(limits_lock, LOCK_LIMITS)                                                                                   \
	DO(debugfs_mutex, LOCK_DEBUGFS)

#define REMEMBER_LOCK(member, lock)                                                                                    \
	if (QUEUE_HAS(address, member))                                                                                \
		remember_lock(QUEUE_MUTEX(address, member), address, disk, lock);

static __always_inline void remember_locks(__u64 address, __u32 disk)
{
	EACH_QUEUE_MUTEX(REMEMBER_LOCK)
}

/* By index of the queue; how often one was written. */
struct watch_disk_name disk_names[WATCH_QUEUES];
__u64 disk_names_written;
static __u64 queue_at[WATCH_QUEUES];

static __always_inline void remember_name(__u64 address, __u32 index, __u32 number)
{
	struct watch_disk_name *known = &disk_names[index % WATCH_QUEUES];

	queue_at[index % WATCH_QUEUES] = address;
	if (!queue_leads_to_disk())
		return;
	known->disk = 0; /* not to be read meanwhile */
	if (!read_disk_name(address, known->name, sizeof(known->name)))
		return;
	known->disk = number;
	count(&disk_names_written);
}

static __always_inline void forget_lock(__u64 address)
{
	bpf_map_delete_elem(&locks, &address);
}

#define FORGET_LOCK(member, lock)                                                                                      \
	if (QUEUE_HAS(address, member))                                                                                \
		forget_lock(QUEUE_MUTEX(address, member));

static __always_inline void forget_locks(__u64 address)
{
	EACH_QUEUE_MUTEX(FORGET_LOCK)
}

/* Nor does it own any of its mutexes that others waited for. */
__noinline int forget_contended(__u64 address);

/* Makes room if the queue in this place is gone: its disk is, and nobody keeps it frozen. Returns 1 if it did. */
__noinline int forget_gone_queue(__u64 place)
{
	if (place >= WATCH_QUEUES)
		return 0;
	KEEP_BOUNDS(place);
	__u64 address = queue_at[place];
	struct queue *queue = bpf_map_lookup_elem(&queues, &address);

	if (!address || !queue || queue->freezers || disk_of(address) == queue->disk)
		return 0;
	__u32 index = queue->index;

	if (bpf_map_delete_elem(&queues, &address)) /* another task was faster */
		return 0;
	queue_at[place] = 0;
	forget_locks(address);
	forget_contended(address);
	bpf_map_push_elem(&spare_queues, &index, BPF_ANY);
	return 1;
}

/* To be asked when there is no room for another queue. */
__noinline int forget_gone_queues(void)
{
	int forgotten = 0;

	LOOP (place, WATCH_QUEUES)
		forgotten |= forget_gone_queue(place);
	return forgotten;
}

static __always_inline struct queue *find_or_add_queue(__u64 address)
{
	struct queue *known = bpf_map_lookup_elem(&queues, &address);
	struct queue fresh = {};

	if (known || !address)
		return known;
	if (bpf_map_pop_elem(&spare_queues, &fresh.index)) {
		if (!forget_gone_queues() || bpf_map_pop_elem(&spare_queues, &fresh.index)) {
			count(&counters.lost);
			return NULL;
		}
	}
	fresh.disk = disk_of(address);
	if (!fresh.disk)
		fresh.disk = WATCH_NO_DISK | fresh.index;
	if (!bpf_map_update_elem(&queues, &address, &fresh, BPF_NOEXIST)) {
		remember_locks(address, fresh.disk);
		remember_name(address, fresh.index, fresh.disk);
	} else /* another task was faster */
		bpf_map_push_elem(&spare_queues, &fresh.index, BPF_ANY);
	known = bpf_map_lookup_elem(&queues, &address);
	if (!known)
		count(&counters.lost);
	return known;
}

/* The queue's number in events: that of its disk, or one of its own. 0 if there is no room to remember it. */
static __always_inline __u32 number_of(__u64 address)
{
	const struct queue *queue = find_or_add_queue(address);

	return queue ? queue->disk : 0;
}

/* It has got a disk since, or is another queue at the same address. What has none any more keeps its number. */
static __always_inline void renew(struct queue *queue, __u64 address)
{
	__u32 disk = disk_of(address);

	if (!disk || disk == queue->disk)
		return;
	queue->disk = disk;
#pragma unroll
	for (int outer = 0; outer < SCOPE_COUNT; outer++)
		queue->told[outer] = 0;
	forget_contended(address);
	remember_locks(address, disk);
	remember_name(address, queue->index, disk);
}

/* The bit of `outer`, this being the first such edge on this disk; 0 otherwise. */
static __always_inline __u32 first_on_disk(struct queue *queue, __u32 outer, __u32 inner)
{
	__u16 told = queue->told[outer];

	queue->told[outer] = told | BIT(inner);
	return (~(__u32)told >> inner & 1) << outer;
}

__noinline int tell_again(__u64 address, __u64 outer, __u32 inner)
{
	struct queue *queue = bpf_map_lookup_elem(&queues, &address);

	if (!queue || outer >= SCOPE_COUNT)
		return 0;
	KEEP_BOUNDS(outer);
	queue->told[outer] &= ~BIT(inner);
	return 0;
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

static __always_inline bool is_in_force(const struct frozen *frozen)
{
	return frozen->queue && eras[frozen->index % WATCH_QUEUES] == frozen->era;
}

static __always_inline void forget_freeze(struct frozen *frozen)
{
	stop_standing(frozen->slot);
	frozen->queue = 0;
}

/* The task does not keep this queue frozen any more. */
static __always_inline void end_freeze(struct frozen *frozen)
{
	__u64 address = frozen->queue;
	struct queue *queue = bpf_map_lookup_elem(&queues, &address);

	if (queue && queue->freezers)
		__sync_fetch_and_add(&queue->freezers, -1);
	forget_freeze(frozen);
	report_freeze(EVENT_UNFREEZE, (__u32)bpf_get_current_pid_tgid(), frozen->disk);
}

/* Looks after one of the queues that the task keeps frozen. */
__noinline int drop_frozen_at(__u64 place, __u32 all)
{
	struct task_scopes *state = find_task();

	if (!state || place >= MAX_FROZEN)
		return 0;
	KEEP_BOUNDS(place);
	struct frozen *frozen = &state->frozen[place];

	if (!is_in_force(frozen))
		forget_freeze(frozen); /* that it ended was told */
	else if (all || !is_frozen(frozen->queue))
		end_freeze(frozen);
	else
		state->inside |= BIT(SCOPE_QUEUE_FROZEN);
	return 0;
}

/* Queues that were released out of our sight: inside the block layer itself, or by another task. */
__noinline int drop_frozen(__u32 all)
{
	struct task_scopes *state = find_task();

	if (!state)
		return 0;
	state->inside &= ~BIT(SCOPE_QUEUE_FROZEN);
	LOOP (place, MAX_FROZEN) {
		if (state->frozen[place].queue)
			drop_frozen_at(place, all);
	}
	recount(state);
	return 0;
}

static __always_inline void drop_thawed(void)
{
	drop_frozen(false);
}

/*
 * A disk is being taken away. Its queue stays frozen for good, but nobody waits for it any more: a queue that dies lets
 * go of all that want to enter it. The task that took it away goes on to other work.
 */
static __always_inline void note_disk_gone(void)
{
	struct task_scopes *state = find_task();

	if (state && state->inside & BIT(SCOPE_QUEUE_FROZEN))
		drop_frozen(true);
}

/* Where the task keeps note of having this queue frozen, or with address 0 a free place; MAX_FROZEN if there is none.
 */
__noinline __u64 frozen_place(__u64 address)
{
	struct task_scopes *state = find_task();

	if (!state)
		return MAX_FROZEN;
	LOOP (i, MAX_FROZEN) {
		struct frozen *frozen = &state->frozen[i];

		if (frozen->queue == address && (!address || is_in_force(frozen)))
			return i;
	}
	return MAX_FROZEN;
}

/* The task's record that it keeps this queue frozen; NULL if it does not. With address 0: one that is free. */
static __always_inline struct frozen *find_frozen(struct task_scopes *state, __u64 address)
{
	__u64 place = frozen_place(address);

	if (place >= MAX_FROZEN)
		return NULL;
	KEEP_BOUNDS(place);
	return &state->frozen[place];
}

static __always_inline bool keeps_frozen(struct task_scopes *state, __u64 address)
{
	return state->inside & BIT(SCOPE_QUEUE_FROZEN) && address && find_frozen(state, address);
}

/* All that were told to keep this queue frozen do not any more. Returns true if anybody was. */
static __always_inline bool end_era(struct queue *queue)
{
	if (!queue->freezers)
		return false;
	queue->freezers = 0;
	__sync_fetch_and_add(&eras[queue->index % WATCH_QUEUES], 1);
	report_freeze(EVENT_UNFREEZE, 0, queue->disk);
	return true;
}

static __always_inline void add_freeze(struct task_scopes *state, struct queue *queue, __u64 address)
{
	struct frozen *frozen = find_frozen(state, 0);
	struct watch_event_named told;

	if (!frozen) {
		count(&counters.lost);
		return;
	}
	frozen->disk = queue->disk;
	frozen->index = queue->index;
	frozen->era = eras[queue->index % WATCH_QUEUES];
	frozen->times = 1;
	frozen->might_hang = 0;
	frozen->queue = address;
	state->held_since_ns = bpf_ktime_get_ns();
	state->inside |= BIT(SCOPE_QUEUE_FROZEN);
	recount(state);
	count(&counters.queue_freezes);
	count(&queue->freezers);
	struct watch_event_named *event = reserve_named(EVENT_FREEZE);

	/* Two ways to the end: the verifier of 5.10 loses track of an event that may not be there. */
	if (!event) {
		fill_name(&told, EVENT_FREEZE);
		told.head.disk = frozen->disk;
		frozen->slot = stand(&told, frozen->index, frozen->era);
		return;
	}
	event->head.disk = frozen->disk;
	frozen->slot = stand(event, frozen->index, frozen->era);
	bpf_ringbuf_submit(event, 0);
}

/*
 * The current task has this queue frozen. If it is the only one, then whoever was told to have frozen it before has
 * released it out of our sight. Whom we know of is read first: one that is told of only afterwards may come in between,
 * and must not be taken for one that has gone.
 */
static __always_inline void note_freeze(__u64 pointer)
{
	__u64 address = as_number(pointer);
	struct task_scopes *state = find_or_add_task();
	struct queue *queue = find_or_add_queue(address);

	if (!state || !queue)
		return;
	renew(queue, address);
	drop_thawed();
	__u64 freezers = *(volatile __u64 *)&queue->freezers;
	bool alone = freeze_depth(address) == 1;
	struct frozen *frozen = find_frozen(state, address);

	if (frozen && !alone) {
		frozen->times += 1; /* only this task does so */
		return;
	}
	if (frozen)
		end_freeze(frozen);
	else if (freezers && alone && end_era(queue) && freeze_depth(address) != 1)
		count(&counters.lost); /* another has come meanwhile, and may have been taken for one that has gone */
	add_freeze(state, queue, address);
}

/* The current task is about to release the queue. One that it did not freeze is from now on held by nobody we know. */
static __always_inline void note_unfreeze(__u64 pointer)
{
	__u64 address = as_number(pointer);
	struct task_scopes *state = find_or_add_task();
	struct queue *queue = find_or_add_queue(address);

	if (!state || !queue)
		return;
	struct frozen *frozen = find_frozen(state, address);

	if (!frozen) {
		if (end_era(queue) && freeze_depth(address) > 1)
			count(&counters.lost); /* one of the others may have been known to hold it */
		return;
	}
	frozen->times -= 1;
	if (frozen->times > 0 && freeze_depth(address) > 1)
		return;
	end_freeze(frozen);
	drop_thawed();
}

/* The queue that the task has entered in blkg_conf_prep(); 0 if it has left it, be it out of our sight. */
static __always_inline __u64 used_queue(const struct task_scopes *state)
{
	return state->inside & BIT(SCOPE_QUEUE_USED) ? state->uses : 0;
}

/* The queue that blkg_conf_prep() works on: told by its argument since 6.4, by its entering it in some before. */
static __always_inline __u64 conf_queue(const struct task_scopes *state)
{
	if (!conf_leads_to_queue())
		return used_queue(state);
	return state->conf ? queue_of_conf(state->conf) : 0;
}

/*
 * Mutexes of queues that somebody has waited for. Never cleared: a wrong one only costs a look. A task that goes to
 * sleep while it owns one of them says so; who waits for one that its owner sleeps on already names the owner.
 */
#define CONTENDED_LOCKS 32
struct contended {
	__u64 address;
	__u64 queue;
	__u32 disk;
	__u32 lock;
};
static struct contended contended[CONTENDED_LOCKS];
static __u64 contended_locks; /* how many of them are in use */

SPARE_NUMBERS(spare_contended, CONTENDED_LOCKS);

__noinline int forget_contended_at(__u64 slot, __u64 queue)
{
	__u32 number = slot;

	if (slot >= CONTENDED_LOCKS)
		return 0;
	KEEP_BOUNDS(slot);
	if (!contended[slot].address || contended[slot].queue != queue)
		return 0;
	contended[slot].address = 0;
	bpf_map_push_elem(&spare_contended, &number, BPF_ANY);
	return 1;
}

__noinline int forget_contended(__u64 address)
{
	int forgotten = 0;

	LOOP (slot, CONTENDED_LOCKS)
		forgotten |= forget_contended_at(slot, address);
	return forgotten;
}

/* The lock in this slot, as a bit, and in the upper half its disk; 0 if the current task does not own it. */
__noinline __u64 owned_lock(__u64 slot)
{
	if (slot >= CONTENDED_LOCKS)
		return 0;
	KEEP_BOUNDS(slot);
	__u64 address = contended[slot].address;

	if (!address || mutex_owner(address) != bpf_get_current_task())
		return 0;
	return (__u64)contended[slot].disk << 32 | BIT(contended[slot].lock % LOCK_COUNT);
}

/* An event has room for the locks of one disk. */
__noinline __u64 add_owned_lock(__u64 owned, __u64 another)
{
	if (owned && another && owned >> 32 != another >> 32) {
		count(&counters.lost);
		return owned;
	}
	return owned | another;
}

/* The contended locks that the current task owns, as bits, and in the upper half their disk. */
__noinline __u64 owned_locks(void)
{
	__u64 owned = 0;

	LOOP (slot, CONTENDED_LOCKS) {
		if (slot >= contended_locks)
			break;
		owned = add_owned_lock(owned, owned_lock(slot));
	}
	return owned;
}

/* The queue of which the current task owns a mutex that somebody has waited for; 0 if there is none. */
__noinline __u64 queue_of_owned_lock(void)
{
	LOOP (slot, CONTENDED_LOCKS) {
		if (slot >= contended_locks)
			break;
		if (owned_lock(slot))
			return contended[slot].queue;
	}
	return 0;
}

#define ADD_OWNED_MUTEX(member, outer)                                                                                 \
	do {                                                                                                           \
		if (!QUEUE_HAS(address, member))                                                                       \
			break;                                                                                         \
		if (mutex_owner(QUEUE_MUTEX(address, member)) != bpf_get_current_task())                               \
			break;                                                                                         \
		count(&counters.edges[outer][inner]);                                                                  \
		first |= first_on_disk(queue, outer, inner);                                                           \
	} while (0)

/*
 * `inner` was entered by a task that may own mutexes of this queue, and `held` says what it does with the queue itself:
 * SCOPE_QUEUE_FROZEN, SCOPE_QUEUE_USED or nothing that others would wait for (SCOPE_BLKG_CONF). Returns the edges to be
 * reported.
 */
__noinline __u64 held_edges(__u64 address, __u64 inner, __u32 held)
{
	struct queue *queue = find_or_add_queue(address);
	__u32 first = 0;

	if (!queue || inner >= SCOPE_COUNT)
		return 0;
	KEEP_BOUNDS(inner);
	if (held == SCOPE_QUEUE_FROZEN)
		first = first_on_disk(queue, SCOPE_QUEUE_FROZEN, inner);
	else if (held == SCOPE_QUEUE_USED)
		first = first_on_disk(queue, SCOPE_QUEUE_USED, inner);
	ADD_OWNED_MUTEX(blkcg_mutex, SCOPE_BLKCG_MUTEX);
	ADD_OWNED_MUTEX(rq_qos_mutex, SCOPE_RQ_QOS_MUTEX);
	return first ? EDGES(first, queue->disk) : 0;
}

static __always_inline void note_held_queue(void *ctx, __u64 address, __u32 inner, __u32 gfp, __u32 held)
{
	__u64 edges = held_edges(address, inner, held);

	if (edges)
		report_edges_on_disk(ctx, edges, inner, gfp, address);
}

/*
 * The mutexes of queues that a task owns count while it works on a limit or has the queue frozen; outside of these
 * (io.cost.qos takes rq_qos_mutex before blkg_conf_prep(), and keeps it after), once somebody has waited for them.
 */
static __always_inline void note_held_queues(void *ctx, struct task_scopes *state, __u32 inner, __u32 gfp)
{
	__u64 address;

	if (state->inside & BIT(SCOPE_QUEUE_FROZEN)) {
		LOOP (i, MAX_FROZEN) {
			if (state->frozen[i].queue)
				note_held_queue(ctx, state->frozen[i].queue, inner, gfp, SCOPE_QUEUE_FROZEN);
		}
	}
	address = state->inside & BIT(SCOPE_BLKG_CONF) ? conf_queue(state) : queue_of_owned_lock();
	if (address && !keeps_frozen(state, address))
		note_held_queue(ctx, address, inner, gfp,
				used_queue(state) == address ? SCOPE_QUEUE_USED : SCOPE_BLKG_CONF);
}

/* The bio was counted with the scopes that the task is inside of. Returns the edges to be reported. */
__noinline __u64 bio_edges(__u64 address, __u32 active)
{
	struct task_scopes *state = find_task();
	struct queue *queue = find_or_add_queue(address);
	__u32 first = 0;

	if (!queue)
		return 0;
	if (active & BIT(SCOPE_PERCPU_MUTEX))
		first |= first_on_disk(queue, SCOPE_PERCPU_MUTEX, SCOPE_SUBMIT_BIO);
	if (active & BIT(SCOPE_RECLAIM))
		first |= first_on_disk(queue, SCOPE_RECLAIM, SCOPE_SUBMIT_BIO);
	if (active & BIT(SCOPE_QUEUE_FROZEN) && state && keeps_frozen(state, address)) {
		count(&counters.edges[SCOPE_QUEUE_FROZEN][SCOPE_SUBMIT_BIO]);
		first |= first_on_disk(queue, SCOPE_QUEUE_FROZEN, SCOPE_SUBMIT_BIO);
	}
	if (active & BIT(SCOPE_QUEUE_USED) && state && used_queue(state) == address) {
		count(&counters.edges[SCOPE_QUEUE_USED][SCOPE_SUBMIT_BIO]);
		first |= first_on_disk(queue, SCOPE_QUEUE_USED, SCOPE_SUBMIT_BIO);
	}
	return first ? EDGES(first, queue->disk) : 0;
}

#define BIO_SCOPES (BIT(SCOPE_PERCPU_MUTEX) | BIT(SCOPE_RECLAIM) | BIT(SCOPE_QUEUE_FROZEN) | BIT(SCOPE_QUEUE_USED))

/* It is told to which disk the bio goes. */
static __always_inline void note_bio(void *ctx, __u32 active, __u64 bio)
{
	if (!(active & BIO_SCOPES))
		return;
	__u64 address = queue_of(bio);
	__u64 edges = bio_edges(address, active);

	if (edges)
		report_edges_on_disk(ctx, edges, SCOPE_SUBMIT_BIO, 0, address);
}

/*
 * Who froze the queues that the task has frozen asks for what it may have to wait for: only such freezes can hang. Those
 * of one tag set are one.
 */
__noinline int count_freeze_that_might_hang(void)
{
	struct task_scopes *state = find_task();
	bool first = false;

	if (!state)
		return 0;
	LOOP (i, MAX_FROZEN) {
		struct frozen *frozen = &state->frozen[i];

		if (!frozen->queue || frozen->might_hang)
			continue;
		frozen->might_hang = 1;
		first = true;
	}
	if (first)
		count(&counters.waiting_freezes);
	return 0;
}

/*
 * Who has a queue frozen got no memory at once. Kernels that then ask again, in a way that may wait, do so with the queue
 * frozen, or have been mended and do not.
 */
static __always_inline void note_alloc_that_gave_up(struct task_scopes *state)
{
	if (state && state->inside & BIT(SCOPE_QUEUE_FROZEN) && state->inside & BIT(SCOPE_PERCPU_ALLOC_NOWAIT))
		count_freeze_that_might_hang();
}

static __always_inline void note_blocking_alloc(void *ctx, struct task_scopes *state, __u32 gfp)
{
	__u32 kind = percpu_alloc_kind(gfp);

	if (kind == SCOPE_PERCPU_ALLOC_NOWAIT)
		return;
	if (kind == SCOPE_PERCPU_ALLOC_NOIO)
		count(&counters.noio_allocs);
	if (!state)
		return;
	if (state->inside & BIT(SCOPE_QUEUE_FROZEN)) {
		count(&counters.frozen_allocs);
		count_freeze_that_might_hang();
	}
	note_held_queues(ctx, state, kind, gfp);
}

/* Reclaim that may start none waits for no frozen queue. */
static __always_inline void note_reclaim(void *ctx, struct task_scopes *state, __u32 gfp)
{
	if (gfp & GFP_IO)
		note_held_queues(ctx, state, SCOPE_RECLAIM, gfp);
}

#endif
