/* SPDX-License-Identifier: GPL-2.0-only */
/* Who waits for what, and who holds it up: the wait edges, shared by all tiers. */
#ifndef BLKHANG_WAITS_H
#define BLKHANG_WAITS_H

/* Waiters outside these only queue up; unwinding the stack of each of them would cost more than it tells. */
#define TELLING_SCOPES                                                                                                 \
	(BIT(SCOPE_PERCPU_BALANCE) | RECLAIM_KINDS | BIT(SCOPE_SUBMIT_BIO) | BIT(SCOPE_BLK_THROTL) |                   \
	 BIT(SCOPE_SWAP_OUT) | BIT(SCOPE_QUEUE_FROZEN) | BIT(SCOPE_QUEUE_USED))

/* An allocation that has come this far without memory may be waiting for it; whether it hangs the judge finds out. */
#define MEMORY_WAIT_NS 500000000ull

/* One kswapd per node with memory. Where there is but one, whoever waits for kswapd waits for that. */
GIVEN __u32 only_kswapd; /* its pid; 0 where there are several */
static bool another_kswapd; /* a node has got memory since */

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
	__u64 owner = mutex_owner(mutex);

	event->holder_pid = owner ? pid_of(owner) : holder_pid;
	if (uses)
		event->used_disk = number_of(uses);
	/* After the event has its time: see `contended`. */
	__u64 owned = owned_locks();

	event->owned_locks = owned;
	event->owned_disk = owned >> 32;
}

/* `mutex` is the address of the mutex waited for, and then tells who holds the task up; else `holder_pid` does. */
struct wait {
	struct awaited awaited;
	__u32 holder_pid;
	__u64 mutex;
	bool owns_percpu_mutex;
	bool stands; /* it is to be told again */
};

static __noinline int describe_wait(struct watch_event_named *told, const struct wait *wait, struct task_scopes *state)
{
	fill_name(told, EVENT_WAIT);
	fill_wait(&told->head, &wait->awaited, state->inside, wait->owns_percpu_mutex);
	name_holders(&told->head, wait->mutex, wait->holder_pid, used_queue(state));
	return wait->stands ? stand(told, 0, 0) : 0;
}

/* The wait's slot in `standing`. Events get their time once they have their place: they are in order of it. */
static __always_inline __u32 report_wait(void *ctx, struct task_scopes *state, const struct wait *wait)
{
	struct watch_event_named told = {};
	__u32 slot;

	if (wait->owns_percpu_mutex || state->inside & TELLING_SCOPES) {
		struct watch_event_full *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

		slot = describe_wait(&told, wait, state);
		if (event) {
			event->named = told;
			event->unused = 0;
			event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
			bpf_ringbuf_submit(event, 0);
			return slot;
		}
	} else {
		struct watch_event_named *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

		slot = describe_wait(&told, wait, state);
		if (event) {
			*event = told;
			bpf_ringbuf_submit(event, 0);
			return slot;
		}
	}
	count(&counters.lost);
	return slot;
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

static __always_inline void end_sleep(struct task_scopes *state, __u32 kind)
{
	if (!state->sleeps || state->awaited.kind != kind)
		return;
	state->sleeps = 0;
	recount(state);
	stop_standing(state->sleep_slot);
	report_wake(state->awaited);
}

/*
 * The task goes to sleep in the call that began at `frame`. A wait whose end will not be seen would stand for ever: it
 * is not reported, and counts as lost.
 */
static __always_inline void begin_sleep(void *ctx, struct task_scopes *state, __u64 frame, const struct wait *wait)
{
	if (frame != FRAME_UNKNOWN && !return_is_probed(frame))
		return;
	if (state->sleeps) { /* it has gone on since, and we have not seen it */
		count(&counters.lost);
		end_sleep(state, state->awaited.kind);
	}
	state->awaited = wait->awaited;
	state->sleep_slot = report_wait(ctx, state, wait);
	state->sleeps = 1;
	recount(state);
}

/*
 * A wait that lasts as long as the call at `frame`, which only who has to wait makes. `queue` is the one that it is
 * about, or 0. Who holds the task up is left to the judge.
 */
static __always_inline void begin_wait(void *ctx, __u64 frame, __u32 kind, __u64 queue)
{
	struct wait wait = { .awaited = { .kind = kind }, .stands = true };
	struct task_scopes *state = find_task();

	if (!state)
		return;
	wait.awaited.disk = queue ? number_of(queue) : 0;
	wait.owns_percpu_mutex = current_owns_percpu_mutex();
	begin_sleep(ctx, state, frame, &wait);
}

/* Return probes do not know what was waited for, and need not: a task waits for one of a kind at a time. */
static __always_inline void end_wait(__u32 kind)
{
	struct task_scopes *state = nobody_is_known() ? NULL : find_task();

	if (state)
		end_sleep(state, kind);
}

/*
 * The task enters or has left something at this frame. It is not on its way into a queue any more, and its return from
 * there was not seen; or it is out of throttle_direct_reclaim(), unseen as well.
 */
static __always_inline void end_left_waits(struct task_scopes *state, __u64 frame)
{
	if (state->throttled && state->throttled < frame) {
		state->throttled = 0;
		if (state->sleeps && state->awaited.kind == WAIT_KSWAPD) {
			count(&counters.lost);
			end_sleep(state, WAIT_KSWAPD);
		}
	}
	if (!state->sleeps || state->awaited.kind != WAIT_QUEUE || state->inside & BIT(SCOPE_QUEUE_ENTER))
		return;
	count(&counters.lost);
	end_sleep(state, WAIT_QUEUE);
}

static __always_inline bool is_percpu_mutex(__u64 lock)
{
	return lock && lock == percpu_mutex_address;
}

static __always_inline void remember_contended(__u64 address, struct queue_lock *known)
{
	__u32 slot = 0;

	if (known->contended)
		return;
	known->contended = 1;
	if (bpf_map_pop_elem(&spare_contended, &slot)) {
		count(&counters.lost);
		return;
	}
	struct contended *fresh = &contended[slot % CONTENDED_LOCKS];

	fresh->lock = known->lock;
	fresh->disk = known->disk;
	fresh->queue = known->queue;
	fresh->address = address;
	count(&contended_locks);
}

static __always_inline bool has_queue_frozen(struct task_scopes *state)
{
	if (state->inside & BIT(SCOPE_QUEUE_FROZEN))
		drop_thawed();
	return state->inside & BIT(SCOPE_QUEUE_FROZEN);
}

/* A task that has a queue frozen wants a mutex of that queue which others hold while they allocate. */
static __always_inline void note_frozen_wants(void *ctx, struct task_scopes *state, const struct queue_lock *known)
{
	__u32 inner = known->lock == LOCK_BLKCG ? SCOPE_BLKCG_MUTEX : SCOPE_RQ_QOS_MUTEX;

	if (known->lock != LOCK_BLKCG && known->lock != LOCK_RQ_QOS)
		return;
	if (!has_queue_frozen(state))
		return;
	count_freeze_that_might_hang();
	__u64 address = known->queue;
	struct queue *queue = bpf_map_lookup_elem(&queues, &address);

	if (!queue || !keeps_frozen(state, address))
		return;
	count(&counters.edges[SCOPE_QUEUE_FROZEN][inner]);
	__u32 first = first_on_disk(queue, SCOPE_QUEUE_FROZEN, inner);

	if (first)
		report_edges_on_disk(ctx, EDGES(first, queue->disk), inner, 0, address);
}

static __always_inline void begin_mutex_wait(void *ctx, __u64 frame, __u64 lock)
{
	struct wait wait = { .awaited = { .kind = WAIT_MUTEX, .lock = LOCK_PERCPU }, .mutex = lock, .stands = true };
	bool is_percpu = is_percpu_mutex(lock);
	struct queue_lock *known = is_percpu ? NULL : find_lock(lock);

	if (!is_percpu && !known)
		return;
	struct task_scopes *state = find_or_add_task();

	if (!state)
		return;
	if (known) {
		wait.awaited.lock = known->lock;
		wait.awaited.disk = known->disk;
		remember_contended(lock, known);
		note_frozen_wants(ctx, state, known);
		count(&counters.queue_lock_waits); /* a full barrier: it is known to be contended before the owner is read */
	} else {
		count(&counters.mutex_waits);
		/* That an allocation which may start no IO waits for the mutex tells that this kernel has 9a5b183941b5.
		 */
		if (state->inside & BIT(SCOPE_PERCPU_ALLOC_NOIO))
			count(&counters.edges[SCOPE_PERCPU_ALLOC_NOIO][SCOPE_PERCPU_MUTEX]);
	}
	wait.owns_percpu_mutex = current_owns_percpu_mutex();
	begin_sleep(ctx, state, frame, &wait);
	state->mutex = lock;
}

/* On its way to a mutex a task may contend for other locks. */
static __always_inline void end_contention(__u64 lock)
{
	struct task_scopes *state = find_task();

	if (state && state->mutex == lock)
		end_sleep(state, WAIT_MUTEX);
}

/*
 * Does the task keep others waiting, other than by owning pcpu_alloc_mutex: who enters a queue, who freezes one, who
 * wants a mutex of one?
 */
static __always_inline bool holds_up_others(struct task_scopes *state)
{
	return has_queue_frozen(state) || state->inside & BIT(SCOPE_BLKG_CONF) || queue_of_owned_lock();
}

/*
 * A direct reclaimer that finds too little free memory waits until kswapd has made progress (throttle_direct_reclaim in
 * mm/vmscan.c); most find enough, so that it waits is known when it goes to sleep. Only who may enter file systems can
 * close a cycle by that: others give up waiting after a second.
 */
static __always_inline void enter_throttle(__u64 frame, __u32 gfp)
{
	struct task_scopes *state = find_task();

	if (!state || !(gfp & GFP_FS))
		return;
	state->throttled = frame;
	recount(state);
}

/* Only who keeps others waiting can close a cycle by that. */
static __always_inline void begin_kswapd_wait(void *ctx, struct task_scopes *state)
{
	struct wait wait = { .awaited = { .kind = WAIT_KSWAPD }, .stands = true };

	wait.holder_pid = another_kswapd ? 0 : only_kswapd;
	wait.owns_percpu_mutex = current_owns_percpu_mutex();
	if (wait.owns_percpu_mutex || holds_up_others(state))
		begin_sleep(ctx, state, state->throttled, &wait);
}

static __always_inline void leave_throttle(void)
{
	struct task_scopes *state = find_task();

	if (!state || !state->throttled)
		return;
	state->throttled = 0;
	end_sleep(state, WAIT_KSWAPD);
	recount(state);
}

/*
 * The slow way into a queue (blk-core.c): whoever comes here found it frozen, and waits until all that froze it have
 * released it.
 */
static __always_inline void begin_queue_wait(void *ctx, struct task_scopes *state, __u64 queue)
{
	struct wait wait = { .awaited = { .kind = WAIT_QUEUE }, .stands = true };

	if ((state->sleeps && state->awaited.kind == WAIT_QUEUE) || !is_frozen(queue))
		return;
	wait.awaited.disk = number_of(queue);
	wait.owns_percpu_mutex = current_owns_percpu_mutex();
	count(&counters.queue_waits);
	begin_sleep(ctx, state, state->frame[SCOPE_QUEUE_ENTER], &wait);
}

static __always_inline void enter_queue(void *ctx, __u64 frame, __u64 queue)
{
	struct task_scopes *state = enter(ctx, frame, SCOPE_QUEUE_ENTER, 0);

	if (state)
		state->entering = queue;
}

static __always_inline void wait_for_queue(void *ctx, __u64 frame, __u64 queue)
{
	struct task_scopes *state = enter(ctx, frame, SCOPE_QUEUE_ENTER, 0);

	if (!state)
		return;
	state->entering = queue; /* may be thawed by now, and frozen anew before the task sleeps */
	begin_queue_wait(ctx, state, queue);
}

/*
 * That a task goes to sleep tells what it is about where the call that it is in does not: some find that they need not
 * wait, and before 5.16 the slow way into a queue has no function of its own.
 */
static __always_inline void sleep_for_event(void *ctx, __u64 frame)
{
	struct task_scopes *state = find_task();

	if (!state || state->sleeps)
		return;
	if (state->throttled && state->throttled > frame)
		begin_kswapd_wait(ctx, state);
	else if (state->inside & BIT(SCOPE_QUEUE_ENTER) && state->entering)
		begin_queue_wait(ctx, state, state->entering);
}

static __always_inline void leave_queue(__u64 frame)
{
	struct task_scopes *state = find_task();

	if (state)
		end_sleep(state, WAIT_QUEUE);
	leave(frame);
}

/*
 * A queue is frozen when those who had entered it have left. In some kernels blkg_conf_prep() enters it, to keep
 * schedulers from being switched, and allocates per-CPU memory before it leaves: 6.1.192 does.
 */
static __always_inline void begin_drain_wait(void *ctx, __u64 frame, __u64 queue)
{
	note_freeze(queue);
	begin_wait(ctx, frame, WAIT_DRAIN, queue);
}

/* `conf` is the third argument of blkg_conf_prep(): its context since 6.4. */
static __always_inline void enter_blkg_conf(void *ctx, __u64 frame, __u64 conf)
{
	struct task_scopes *state = enter(ctx, frame, SCOPE_BLKG_CONF, 0);

	if (state)
		state->conf = conf;
}

/* Before 5.16 every bio goes this way; one below blkg_conf_prep() is not that function's own use of the queue. */
static __always_inline bool is_own_use(const struct task_scopes *state)
{
	return state && state->inside & BIT(SCOPE_BLKG_CONF) &&
	       !(state->inside & (RECLAIM_KINDS | BIT(SCOPE_SUBMIT_BIO)));
}

/* Return probes have no arguments: what is asked for is kept for them. */
static __always_inline void ask_to_use(__u64 queue)
{
	struct task_scopes *state = find_task();

	if (is_own_use(state))
		state->asks_to_use = queue;
}

static __always_inline void use_queue(int error)
{
	struct task_scopes *state = find_task();

	if (!is_own_use(state) || !state->asks_to_use)
		return;
	if (!error) {
		state->uses = state->asks_to_use;
		state->held_since_ns = bpf_ktime_get_ns();
		state->frame[SCOPE_QUEUE_USED] = state->frame[SCOPE_BLKG_CONF]; /* it ends there at the latest */
		state->inside |= BIT(SCOPE_QUEUE_USED);
	}
	state->asks_to_use = 0;
}

/* It is reported again and again while it lasts. The first time counts: it says since when. */
static __always_inline void begin_memory_wait(void *ctx, struct task_scopes *state, __u64 now, bool owns_percpu_mutex)
{
	struct wait wait = { .awaited = { .kind = WAIT_MEMORY }, .owns_percpu_mutex = owns_percpu_mutex };
	__u32 slot;

	wait.stands = !state->memory_wait_ns;
	state->memory_wait_ns = now;
	recount(state);
	slot = report_wait(ctx, state, &wait);
	if (wait.stands)
		state->memory_slot = slot;
}

/*
 * A task that reclaims again and again waits for memory that others would have to free. That matters where those others
 * wait for it: it owns pcpu_alloc_mutex, has a queue frozen or has entered one. It need not sleep, so it may have no
 * stack to be found asleep with: it is reported from where it enters reclaim once more.
 */
static __always_inline void note_memory_wait(void *ctx, struct task_scopes *state)
{
	__u64 now = bpf_ktime_get_ns();
	bool owns = state->inside & PERCPU_MUTEX_USERS && current_owns_percpu_mutex();

	if (!owns && !has_queue_frozen(state) && !used_queue(state))
		return;
	__u64 since = owns ? state->percpu_since_ns : state->held_since_ns;

	if (now - (state->memory_wait_ns ? state->memory_wait_ns : since) >= MEMORY_WAIT_NS)
		begin_memory_wait(ctx, state, now, owns);
}

/*
 * With swap-out under way and no bio submitted yet, the task sleeps in mempool_alloc(): there is no memory for a bio,
 * and those of the reserve are with tasks that have not got theirs through.
 */
static __always_inline void sleep_for_bio(void *ctx)
{
	struct task_scopes *state = find_task();

	if (!state || !(state->inside & BIT(SCOPE_SWAP_OUT)) || state->inside & BIT(SCOPE_SUBMIT_BIO))
		return;
	bool owns = current_owns_percpu_mutex();

	if (owns || holds_up_others(state))
		begin_memory_wait(ctx, state, bpf_ktime_get_ns(), owns);
}

/* To be called when the task has got on. */
static __always_inline void end_memory_wait(struct task_scopes *state, __u32 outside)
{
	struct awaited awaited = { .kind = WAIT_MEMORY };

	if (!state || !state->memory_wait_ns || state->inside & outside)
		return;
	state->memory_wait_ns = 0;
	recount(state);
	stop_standing(state->memory_slot);
	report_wake(awaited);
}

/*
 * The task has left a per-CPU allocation. One that has a queue frozen may make many, each short of memory: what it
 * waits for then is not the same memory all the time. An allocation inside reclaim says nothing of what the reclaim is
 * for.
 */
static __always_inline void note_progress(struct task_scopes *state)
{
	if (!state || state->inside & RECLAIM_KINDS)
		return;
	end_memory_wait(state, PERCPU_MUTEX_USERS);
	if (state->inside & (BIT(SCOPE_QUEUE_FROZEN) | BIT(SCOPE_QUEUE_USED)) && !(state->inside & PERCPU_MUTEX_USERS))
		state->held_since_ns = bpf_ktime_get_ns();
}

static __always_inline void leave_blkg_conf(__u64 frame)
{
	struct task_scopes *state = find_task();

	if (state) {
		state->uses = 0;
		state->asks_to_use = 0;
		end_memory_wait(state, PERCPU_MUTEX_USERS | BIT(SCOPE_QUEUE_FROZEN));
	}
	leave(frame);
}

static __always_inline void note_kswapd(void)
{
	if ((__u32)bpf_get_current_pid_tgid() != only_kswapd)
		another_kswapd = true;
}

#endif
