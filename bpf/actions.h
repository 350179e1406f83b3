/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done at the places of places.def, whichever way leads there. `frame` is what the entry and the exit of one
 * call have in common.
 */
#ifndef BLKHANG_ACTIONS_H
#define BLKHANG_ACTIONS_H

static __always_inline void forget_task(__u64 task)
{
	discount(bpf_map_lookup_elem(&tasks, &task));
	bpf_map_delete_elem(&tasks, &task);
}

static __always_inline void on_kswapd(void *ctx, __u64 frame)
{
	note_kswapd();
	enter(ctx, frame, SCOPE_RECLAIM, 0);
}

/* A task that owns a mutex of a queue which others wait for is of interest whatever else is known of it. */
static __always_inline bool is_spared(__u32 caller_gfp)
{
	if (!spares_lone_allocs || percpu_alloc_kind(caller_gfp) == SCOPE_PERCPU_ALLOC_NOIO)
		return false;
	if (contended_locks && queue_of_owned_lock())
		return false;
	return nobody_is_known() || !is_known(find_task());
}

static __always_inline void on_percpu_alloc(void *ctx, __u64 frame, __u32 caller_gfp)
{
	__u32 gfp;
	struct task_scopes *state;

	if (is_spared(caller_gfp))
		return;
	gfp = effective_gfp(caller_gfp);
	/* Where no mutex of a queue is known to be contended it has none that others wait for. */
	if (percpu_alloc_kind(gfp) == SCOPE_PERCPU_ALLOC && !contended_locks &&
	    enter_percpu_alloc_alone(find_task(), frame))
		return;
	state = enter_percpu_alloc(ctx, frame, gfp);
	if (state)
		note_blocking_alloc(ctx, state, gfp);
}

static __always_inline void leave_percpu_user(__u64 frame)
{
	struct task_scopes *state = find_task();

	if (state && !leave_percpu_alloc_alone(state, frame))
		leave(frame);
	note_progress(state);
}

static __always_inline void leave_percpu_alloc(__u64 frame, __u64 memory)
{
	if (nobody_is_known())
		return;
	if (!memory)
		note_alloc_that_gave_up(find_task());
	leave_percpu_user(frame);
}

static __always_inline void on_reclaim(void *ctx, __u64 frame, __u32 caller_gfp)
{
	__u32 gfp = effective_gfp(caller_gfp);
	struct task_scopes *state = enter_reclaim(ctx, frame, gfp);

	if (!state)
		return;
	note_reclaim(ctx, state, gfp);
	note_memory_wait(ctx, state);
}

static __always_inline void on_submit_bio(void *ctx, __u64 frame, __u64 bio)
{
	struct task_scopes *state = enter(ctx, frame, SCOPE_SUBMIT_BIO, 0);

	if (!state)
		return;
	end_memory_wait(state, 0); /* it has got its bio */
	note_bio(ctx, state->active, bio);
}

/* Whoever has handed a page to the block layer has got its bio: seen here as well where no bio is watched. */
static __always_inline void leave_swap_out(__u64 frame)
{
	leave(frame);
	end_memory_wait(find_task(), 0);
}

static __always_inline void on_unfreeze(__u64 queue)
{
	note_unfreeze(queue);
	end_memory_wait(find_task(), PERCPU_MUTEX_USERS | BIT(SCOPE_QUEUE_FROZEN));
}

static __always_inline void on_blk_throtl(void *ctx, __u64 frame, __u64 bio)
{
	if (enter(ctx, frame, SCOPE_BLK_THROTL, 0))
		note_throttled_bio(bio);
}

#endif
