/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU allocations that nobody needs to hear of. Making a control group takes fifteen, nearly all of them by tasks
 * of which nothing else is known: who watches a host for days lets these pass after a few loads.
 *
 * Such an allocation matters only from when it owns pcpu_alloc_mutex and enters something that may wait. That it does
 * so the owner word of the mutex tells then, and the allocation is taken to have begun there. What goes unseen is what
 * an allocation does before it has the mutex or after, such as reclaim for its memory cgroup, where it holds nobody up.
 */
#ifndef BLKHANG_SPARING_H
#define BLKHANG_SPARING_H

GIVEN __u8 spares_lone_allocs;

/* How many tasks there are of which is_known(). */
static __u64 known_tasks;

static __always_inline bool nobody_is_known(void)
{
	return spares_lone_allocs && !known_tasks;
}

static __always_inline bool is_known(const struct task_scopes *state)
{
	return state && (state->inside || state->sleeps || state->throttled || state->memory_wait_ns);
}

/* To be called by the task itself when that may have changed. */
static __always_inline void recount(struct task_scopes *state)
{
	__u32 known = is_known(state);

	if (!spares_lone_allocs || state->counted == known)
		return;
	state->counted = known;
	__sync_fetch_and_add(&known_tasks, known ? 1 : -1);
}

/* The task is gone. */
static __always_inline void discount(struct task_scopes *state)
{
	if (spares_lone_allocs && state && state->counted)
		__sync_fetch_and_add(&known_tasks, -1);
}

/* In place of the frame where a scope began: somewhere above this one. Frames are multiples of eight. */
#define BEGAN_UNSEEN 1ull

/* To be called when the task enters something at `frame`. */
static __always_inline void infer_spared_alloc(struct task_scopes *state, __u64 frame)
{
	const __u32 alloc = BIT(SCOPE_PERCPU_ALLOC);
	__u64 began = state->frame[SCOPE_PERCPU_ALLOC];
	bool inferred = state->inside & alloc && began & BEGAN_UNSEEN;

	if (!spares_lone_allocs || (state->inside & PERCPU_MUTEX_USERS && !inferred))
		return;
	if (!current_owns_percpu_mutex()) {
		state->inside &= ~alloc;
		return;
	}
	if (!inferred) {
		state->inside |= alloc;
		state->percpu_since_ns = bpf_ktime_get_ns();
	}
	if (!inferred || began < frame)
		state->frame[SCOPE_PERCPU_ALLOC] = frame | BEGAN_UNSEEN;
}

#endif
