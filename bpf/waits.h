/* SPDX-License-Identifier: GPL-2.0-only */
/* Who waits for what, and who holds it up: the wait edges, shared by all tiers. */
#ifndef BLKHANG_WAITS_H
#define BLKHANG_WAITS_H

/* Waiters outside these only queue up; unwinding the stack of each of them would cost more than it tells. */
#define TELLING_SCOPES                                                                                                 \
	(BIT(SCOPE_PERCPU_BALANCE) | RECLAIM_KINDS | BIT(SCOPE_SUBMIT_BIO) | BIT(SCOPE_BLK_THROTL) |                   \
	 BIT(SCOPE_SWAP_OUT))

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

static __always_inline void report_wait(void *ctx, __u32 kind, __u32 holder_pid, bool owns_mutex)
{
	const struct task_scopes *state = find_task();
	struct watch_event_full *event = reserve_full(EVENT_WAIT);

	if (!event)
		return;
	event->head.wait_kind = kind;
	event->head.holder_pid = holder_pid;
	event->head.owns_mutex = owns_mutex;
	if (owns_mutex || (state && state->inside & TELLING_SCOPES))
		event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void report_wake(__u32 kind)
{
	struct watch_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(&counters.lost);
		return;
	}
	fill_head(event, EVENT_WAKE);
	event->wait_kind = kind;
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

static __always_inline void begin_mutex_wait(void *ctx, __u64 frame, __u64 lock, bool again)
{
	if (wait_is_handled(CALL_MUTEX_WAIT, frame, again) || !is_percpu_mutex(lock))
		return;
	const struct task_struct *owner = percpu_mutex_owner();
	__u32 holder = owner ? BPF_CORE_READ(owner, pid) : 0;

	count(&counters.mutex_waits);
	note_noio_taker();
	report_wait(ctx, WAIT_MUTEX, holder, (__u64)owner == bpf_get_current_task());
}

static __always_inline void end_mutex_wait(__u64 frame, __u64 lock, bool again)
{
	if (!wait_is_handled(CALL_MUTEX_WAIT, frame + LEFT, again) && is_percpu_mutex(lock))
		report_wake(WAIT_MUTEX);
}

/*
 * A direct reclaimer that finds too little free memory waits until kswapd has made progress (throttle_direct_reclaim in
 * mm/vmscan.c). Only the owner of the mutex can close a cycle by that, and only if it may enter file systems: others
 * give up waiting after a second. With several kswapds it is not known which one it waits for, and the edge stays open.
 */
static __always_inline void begin_kswapd_wait(void *ctx, __u64 frame, __u32 gfp, bool again)
{
	if (wait_is_handled(CALL_KSWAPD_WAIT, frame, again))
		return;
	if (gfp & GFP_FS && current_owns_percpu_mutex())
		report_wait(ctx, WAIT_KSWAPD, kswapd_count == 1 ? kswapd_pid : 0, true);
}

static __always_inline void end_kswapd_wait(__u64 frame, bool again)
{
	if (!wait_is_handled(CALL_KSWAPD_WAIT, frame + LEFT, again) && current_owns_percpu_mutex())
		report_wake(WAIT_KSWAPD);
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
