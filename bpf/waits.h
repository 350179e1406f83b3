/* SPDX-License-Identifier: GPL-2.0-only */
/* Who waits for what, and who holds it up: the wait edges, shared by all tiers. */
#ifndef BLKHANG_WAITS_H
#define BLKHANG_WAITS_H

/* Waiters outside these only queue up; unwinding the stack of each of them would cost more than it tells. */
#define TELLING_SCOPES                                                                                                 \
	(BIT(SCOPE_PERCPU_BALANCE) | RECLAIM_KINDS | BIT(SCOPE_SUBMIT_BIO) | BIT(SCOPE_BLK_THROTL) |                   \
	 BIT(SCOPE_SWAP_OUT) | BIT(SCOPE_QUEUE_FROZEN))

/* An allocation that has come this far without memory may be waiting for it; whether it hangs the judge finds out. */
#define MEMORY_WAIT_NS 500000000ull

/*
 * Mutexes of queues that somebody waits for, by a small hash. Never cleared: a wrong one only costs a look. A task that
 * goes to sleep while it owns one of them says so; who waits for one that its owner sleeps on already names the owner.
 */
#define CONTENDED_LOCKS 16
struct contended {
	__u64 address;
	__u32 disk;
	__u32 lock;
};
static struct contended contended[CONTENDED_LOCKS];

/* What a task waits for, apart from who holds it up. */
struct awaited {
	__u32 kind;
	__u32 lock;
	__u32 disk;
};

/*
 * Only where programs are attached repeatedly is the task's entry needed, and made, for a wait. It is made for waits of no
 * interest too: the kernel counts the calls for which it skipped a program, and knows nothing of our interests.
 */
static __always_inline bool wait_is_handled(__u32 call, __u64 mark, bool again)
{
	if (!repeated)
		return false;
	struct task_scopes *state = find_or_add_task();

	return !state || is_handled(state, call, mark, again);
}

/* After the event has its time: see `contended`. Of the locks of several disks, those of the disk found last. */
static __always_inline void name_owned_locks(struct watch_event *event)
{
	__u64 current = bpf_get_current_task();

#pragma unroll
	for (int i = 0; i < CONTENDED_LOCKS; i++) {
		__u64 address = contended[i].address;

		if (!address || (__u64)mutex_owner(address) != current)
			continue;
		if (event->owned_disk != contended[i].disk)
			event->owned_locks = 0;
		event->owned_locks |= BIT(contended[i].lock);
		event->owned_disk = contended[i].disk;
	}
}

static __always_inline void fill_wait(struct watch_event *event, const struct awaited *awaited, __u32 inside,
				      bool owns_percpu_mutex)
{
	event->wait_kind = awaited->kind;
	event->lock = awaited->lock;
	event->disk = awaited->disk;
	event->owns_mutex = owns_percpu_mutex;
	event->reclaims = !!(inside & BIT(SCOPE_RECLAIM));
}

/* Whom the task waits for, and what of its own others may wait for. */
static __always_inline void name_holders(struct watch_event *event, __u64 mutex, __u32 holder_pid, __u64 uses)
{
	const struct task_struct *owner = mutex_owner(mutex);

	event->holder_pid = owner ? BPF_CORE_READ(owner, pid) : holder_pid;
	if (uses)
		event->used_disk = disk_of((const struct request_queue *)uses);
	name_owned_locks(event);
}

/* `mutex` is the address of the mutex waited for, and then tells who holds the task up; else `holder_pid` does. */
static __always_inline void report_wait(void *ctx, struct awaited awaited, __u64 mutex, __u32 holder_pid,
					bool owns_percpu_mutex)
{
	const struct task_scopes *state = find_task();
	__u32 inside = state ? state->inside : 0;
	__u64 uses = state ? state->uses : 0;

	if (owns_percpu_mutex || uses || inside & TELLING_SCOPES) {
		struct watch_event_full *event = reserve_full(EVENT_WAIT);

		if (!event)
			return;
		fill_wait(&event->named.head, &awaited, inside, owns_percpu_mutex);
		name_holders(&event->named.head, mutex, holder_pid, uses);
		event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
		bpf_ringbuf_submit(event, 0);
	} else {
		struct watch_event_named *event = reserve_named(EVENT_WAIT);

		if (!event)
			return;
		fill_wait(&event->head, &awaited, inside, owns_percpu_mutex);
		name_holders(&event->head, mutex, holder_pid, uses);
		bpf_ringbuf_submit(event, 0);
	}
}

static __always_inline void report_wake(struct awaited awaited)
{
	struct watch_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(&counters.lost);
		return;
	}
	fill_head(event, EVENT_WAKE);
	event->wait_kind = awaited.kind;
	event->lock = awaited.lock;
	event->disk = awaited.disk;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline bool is_percpu_mutex(__u64 lock)
{
	return lock && lock == percpu_mutex_address;
}

/* That an allocation which may start no IO waits for the mutex tells that this kernel has 9a5b183941b5. */
static __always_inline void note_noio_taker(void)
{
	const struct task_scopes *state = find_task();

	if (state && state->inside & BIT(SCOPE_PERCPU_ALLOC_NOIO))
		count(&counters.edges[SCOPE_PERCPU_ALLOC_NOIO][SCOPE_PERCPU_MUTEX]);
}

static __always_inline void begin_queue_lock_wait(void *ctx, __u64 address, const struct queue_lock *known)
{
	struct awaited awaited = { .kind = WAIT_MUTEX, .lock = known->lock, .disk = known->disk };
	struct contended *slot = &contended[((known->disk >> 4) * LOCK_COUNT + known->lock) % CONTENDED_LOCKS];

	slot->lock = known->lock;
	slot->disk = known->disk;
	slot->address = address;
	count(&counters.lock_waits); /* a full barrier: the slot is there before the owner is read */
	report_wait(ctx, awaited, address, 0, current_owns_percpu_mutex());
}

static __always_inline void begin_mutex_wait(void *ctx, __u64 frame, __u64 lock, bool again)
{
	struct awaited awaited = { .kind = WAIT_MUTEX, .lock = LOCK_PERCPU };

	if (wait_is_handled(CALL_MUTEX_WAIT, frame, again))
		return;
	if (is_percpu_mutex(lock)) {
		count(&counters.mutex_waits);
		note_noio_taker();
		report_wait(ctx, awaited, lock, 0, current_owns_percpu_mutex());
		return;
	}
	const struct queue_lock *known = bpf_map_lookup_elem(&locks, &lock);

	if (known)
		begin_queue_lock_wait(ctx, lock, known);
}

static __always_inline void end_mutex_wait(__u64 frame, __u64 lock, bool again)
{
	struct awaited awaited = { .kind = WAIT_MUTEX, .lock = LOCK_PERCPU };

	if (wait_is_handled(CALL_MUTEX_WAIT, frame + LEFT, again))
		return;
	if (is_percpu_mutex(lock)) {
		report_wake(awaited);
		return;
	}
	const struct queue_lock *known = bpf_map_lookup_elem(&locks, &lock);

	if (!known)
		return;
	awaited.lock = known->lock;
	awaited.disk = known->disk;
	report_wake(awaited);
}

static __always_inline bool has_queue_frozen(const struct task_scopes *state)
{
	return state->inside & BIT(SCOPE_QUEUE_FROZEN) && is_frozen(state->frozen);
}

/*
 * A direct reclaimer that finds too little free memory waits until kswapd has made progress (throttle_direct_reclaim in
 * mm/vmscan.c). Only the owner of the mutex or who has a queue frozen can close a cycle by that, and only if it may enter
 * file systems: others give up waiting after a second. With several kswapds it is not known which one it waits for, and
 * the edge stays open.
 */
static __always_inline void begin_kswapd_wait(void *ctx, __u64 frame, __u32 gfp, bool again)
{
	struct awaited awaited = { .kind = WAIT_KSWAPD };

	if (wait_is_handled(CALL_KSWAPD_WAIT, frame, again))
		return;
	struct task_scopes *state = find_task();
	bool owns = current_owns_percpu_mutex();

	if (!state || !(gfp & GFP_FS) || (!owns && !has_queue_frozen(state)))
		return;
	state->waits_for_kswapd = 1;
	report_wait(ctx, awaited, 0, kswapd_count == 1 ? kswapd_pid : 0, owns);
}

static __always_inline void end_kswapd_wait(__u64 frame, bool again)
{
	struct awaited awaited = { .kind = WAIT_KSWAPD };

	struct task_scopes *state = find_task();

	if (wait_is_handled(CALL_KSWAPD_WAIT, frame + LEFT, again) || !state || !state->waits_for_kswapd)
		return;
	state->waits_for_kswapd = 0;
	report_wake(awaited);
}

/*
 * The slow way into a queue (blk-core.c): whoever comes here found it frozen, and waits until all that froze it have
 * released it.
 */
static __always_inline void begin_queue_wait(void *ctx, struct task_scopes *state, __u64 queue)
{
	struct awaited awaited = { .kind = WAIT_QUEUE };

	if (state->waits_for_disk || !is_frozen(queue))
		return;
	awaited.disk = disk_of((const struct request_queue *)queue);
	count(&counters.queue_waits);
	state->waits_for_disk = awaited.disk;
	report_wait(ctx, awaited, 0, 0, current_owns_percpu_mutex());
}

static __always_inline void enter_queue(void *ctx, __u64 frame, __u64 queue, bool again)
{
	struct task_scopes *state = enter(ctx, frame, CALL_QUEUE_ENTER, SCOPE_QUEUE_ENTER, 0, again);

	if (state)
		state->entering = queue;
}

static __always_inline void wait_for_queue(void *ctx, __u64 frame, __u64 queue, bool again)
{
	struct task_scopes *state = enter(ctx, frame, CALL_QUEUE_ENTER, SCOPE_QUEUE_ENTER, 0, again);

	if (state)
		begin_queue_wait(ctx, state, queue);
}

/* Where the slow way has no function of its own, that the task goes to sleep on the way in tells that it took it. */
static __always_inline void sleep_for_event(void *ctx)
{
	struct task_scopes *state = find_task();

	if (state && state->inside & BIT(SCOPE_QUEUE_ENTER) && state->entering)
		begin_queue_wait(ctx, state, state->entering);
}

static __always_inline void end_queue_wait(struct task_scopes *state)
{
	struct awaited awaited = { .kind = WAIT_QUEUE };

	awaited.disk = state->waits_for_disk;
	state->waits_for_disk = 0;
	report_wake(awaited);
}

static __always_inline void leave_queue(__u64 frame, bool again)
{
	struct task_scopes *state = find_task();

	if (state && state->waits_for_disk)
		end_queue_wait(state);
	leave(frame, CALL_QUEUE_ENTER, again);
}

/*
 * A queue is frozen when those who had entered it have left. In some kernels blkg_conf_prep() enters it, to keep
 * schedulers from being switched, and allocates per-CPU memory before it leaves: 6.1.192 does.
 */
static __always_inline void begin_drain_wait(void *ctx, __u64 frame, __u64 queue, bool again)
{
	struct awaited awaited = { .kind = WAIT_DRAIN };

	if (wait_is_handled(CALL_FREEZE, frame, again))
		return;
	note_freeze(queue);
	awaited.disk = disk_of((const struct request_queue *)queue);
	report_wait(ctx, awaited, 0, 0, current_owns_percpu_mutex());
}

static __always_inline void end_drain_wait(__u64 frame, __u64 queue, bool again)
{
	struct awaited awaited = { .kind = WAIT_DRAIN };

	if (wait_is_handled(CALL_FREEZE, frame + LEFT, again))
		return;
	awaited.disk = disk_of((const struct request_queue *)queue);
	report_wake(awaited);
}

static __always_inline void use_queue(__u64 frame, __u64 queue, int error, bool again)
{
	struct task_scopes *state = find_task();

	if (wait_is_handled(CALL_USE_QUEUE, frame, again))
		return;
	if (state && state->inside & BIT(SCOPE_BLKG_CONF) && !error)
		state->uses = queue;
}

static __always_inline void leave_blkg_conf(__u64 frame, bool again)
{
	struct task_scopes *state = find_task();

	if (state)
		state->uses = 0;
	leave(frame, CALL_BLKG_CONF, again);
}

static __always_inline void begin_memory_wait(void *ctx, struct task_scopes *state, __u64 now, bool owns_percpu_mutex)
{
	struct awaited awaited = { .kind = WAIT_MEMORY };

	state->memory_wait_ns = now;
	report_wait(ctx, awaited, 0, 0, owns_percpu_mutex);
}

/*
 * A task that reclaims again and again waits for memory that others would have to free. That matters where those others
 * wait for it: it owns pcpu_alloc_mutex, or has a queue frozen. It need not sleep, so it may have no stack to be found
 * asleep with: it is reported from where it enters reclaim once more.
 */
static __always_inline void note_memory_wait(void *ctx, struct task_scopes *state)
{
	__u64 now = bpf_ktime_get_ns();
	bool owns = state->inside & PERCPU_MUTEX_USERS && current_owns_percpu_mutex();

	if (!owns && !has_queue_frozen(state))
		return;
	__u64 since = owns ? state->percpu_since_ns : state->frozen_since_ns;

	if (now - (state->memory_wait_ns ? state->memory_wait_ns : since) >= MEMORY_WAIT_NS)
		begin_memory_wait(ctx, state, now, owns);
}

/*
 * With swap-out under way and no bio submitted yet, the task sleeps in mempool_alloc(): there is no memory for a bio, and
 * those of the reserve are with tasks that have not got theirs through.
 */
static __always_inline void sleep_for_bio(void *ctx, __u64 frame, bool again)
{
	struct task_scopes *state = find_task();

	if (wait_is_handled(CALL_SLEEP_FOR_BIO, frame, again) || !state)
		return;
	if (!(state->inside & BIT(SCOPE_SWAP_OUT)) || state->inside & BIT(SCOPE_SUBMIT_BIO))
		return;
	bool owns = current_owns_percpu_mutex();

	if (owns || has_queue_frozen(state))
		begin_memory_wait(ctx, state, bpf_ktime_get_ns(), owns);
}

/* To be called when the task has got on. */
static __always_inline void end_memory_wait(struct task_scopes *state, __u32 outside)
{
	struct awaited awaited = { .kind = WAIT_MEMORY };

	if (!state || !state->memory_wait_ns || state->inside & outside)
		return;
	state->memory_wait_ns = 0;
	report_wake(awaited);
}

/*
 * The task has left a per-CPU allocation. One that has a queue frozen may make many, each short of memory: what it waits
 * for then is not the same memory all the time. An allocation inside reclaim says nothing of what the reclaim is for.
 */
static __always_inline void note_progress(struct task_scopes *state)
{
	if (!state || state->inside & RECLAIM_KINDS)
		return;
	end_memory_wait(state, PERCPU_MUTEX_USERS);
	if (state->inside & BIT(SCOPE_QUEUE_FROZEN) && !(state->inside & PERCPU_MUTEX_USERS))
		state->frozen_since_ns = bpf_ktime_get_ns();
}

static __always_inline void note_kswapd(void)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();

	if (pid == kswapd_pid)
		return;
	kswapd_pid = pid;
	kswapd_count++;
}

#endif
