/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which scopes a task is inside of, and the edges that follow: the heart of the probes, shared by all tiers.
 */
#ifndef BLKHANG_NESTING_H
#define BLKHANG_NESTING_H

#define RING_BYTES (4 << 20)
#define MAX_PAIRS 65536

GIVEN __u64 return_trampoline; /* 0 where returns are seen without return probes */

__u8 enabled; /* set once everything stands; the probes of a prepared run cost a load and a branch until then */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} events SEC(".maps");

struct pair {
	__u64 group; /* serial number of the cgroup's css */
	__u64 blkg; /* one per cgroup and disk */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_PAIRS);
	__type(key, struct pair);
	__type(value, __u8);
} pairs SEC(".maps");

static __always_inline void fill_head(struct watch_event *event, __u32 type)
{
	event->type = type;
	event->pid = (__u32)bpf_get_current_pid_tgid();
	event->at_ns = bpf_ktime_get_ns();
	event->outer = 0;
	event->inner = 0;
	event->wait_kind = 0;
	event->owns_mutex = 0;
	event->gfp = 0;
	event->holder_pid = 0;
	event->disk = 0;
	event->owned_disk = 0;
	event->lock = LOCK_NONE;
	event->owned_locks = 0;
	event->reclaims = 0;
	event->unused = 0;
	event->used_disk = 0;
	event->unused_too = 0;
}

static __always_inline void fill_name(struct watch_event_named *event, __u32 type)
{
	fill_head(&event->head, type);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

static __always_inline struct watch_event_named *reserve_named(__u32 type)
{
	struct watch_event_named *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(&counters.lost);
		return NULL;
	}
	fill_name(event, type);
	return event;
}

static __always_inline struct watch_event_full *reserve_full(__u32 type)
{
	struct watch_event_full *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(&counters.lost);
		return NULL;
	}
	fill_name(&event->named, type);
	event->stack_bytes = 0;
	event->unused = 0;
	return event;
}

/*
 * What follows is cut so that the verifier is soon done, above all where it is itself emulated. A function that is not
 * static it looks at once for each program instead of at each call, and knows nothing of what it returns; loops whose
 * steps leave nothing behind but numbers that it does not know have one way through instead of one per combination of
 * branches. Such functions take and return numbers only (5.10 knows no others), and find the task's entry themselves.
 * Loops count in 64 bits: the verifier of 5.10 follows no smaller number through the stack, and would see no end.
 */
#define LOOP(variable, count)                                                                                          \
	_Pragma("clang loop unroll(disable)") for (__u64 variable = 0; variable < (count); variable++)

/*
 * To be called with an index, of 64 bits, that was found to be in bounds: clang might use a copy of it that it made
 * before it was compared, of which the verifier knows no bounds.
 */
#define KEEP_BOUNDS(index) barrier_var(index)

/* Edges that are still to be told: a bit per outer scope, and in the upper half the disk that they are on. */
#define EDGES(outer_bits, disk) ((__u64)(disk) << 32 | (outer_bits))
#define EDGES_ON_A_DISK 4 /* at once: see held_edges() and bio_edges() */

static __always_inline bool report_edge(void *ctx, __u32 outer, __u32 inner, __u32 gfp, __u32 disk)
{
	struct watch_event_full *event = reserve_full(EVENT_EDGE);

	if (!event)
		return false;
	event->named.head.outer = outer;
	event->named.head.inner = inner;
	event->named.head.gfp = gfp;
	event->named.head.disk = disk;
	event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
	bpf_ringbuf_submit(event, 0);
	return true;
}

/* The next edge of this kind on this queue's disk is to be told. */
__noinline int tell_again(__u64 queue, __u64 outer, __u32 inner);

/* __builtin_ctz() is more than clang's backend for BPF can do. */
__noinline __u32 lowest_bit(__u32 bits)
{
	LOOP (i, SCOPE_COUNT) {
		if (bits & BIT(i))
			return i;
	}
	return SCOPE_COUNT;
}

static __always_inline void report_each(void *ctx, __u64 edges, __u32 inner, __u32 gfp, __u64 queue, __u32 most)
{
	__u32 outer_bits = edges;

	LOOP (i, most) {
		if (!outer_bits)
			break;
		__u32 outer = lowest_bit(outer_bits);

		outer_bits &= outer_bits - 1;
		if (!report_edge(ctx, outer, inner, gfp, edges >> 32) && queue)
			tell_again(queue, outer, inner);
	}
}

static __noinline int report_edges(void *ctx, __u64 edges, __u32 inner, __u32 gfp)
{
	report_each(ctx, edges, inner, gfp, 0, SCOPE_COUNT);
	return 0;
}

/* `queue` is that of the edges' disk: where one cannot be told, the next of its kind is. */
static __noinline int report_edges_on_disk(void *ctx, __u64 edges, __u32 inner, __u32 gfp, __u64 queue)
{
	report_each(ctx, edges, inner, gfp, queue, EDGES_ON_A_DISK);
	return 0;
}

/*
 * Return probes run out of instances without a word: there are only so many for each function (tool/probe asks for
 * hundreds where it can). While a call is under way whose return will be seen, the slot of its return address holds the
 * address of the return trampoline. At its very entry, too: of the probes at one address the one attached last runs
 * first (add_new_kprobe() in kernel/kprobes.c, the same in 5.10 to 7.3), and those of returns are.
 */
static __always_inline bool return_is_probed(__u64 frame)
{
	if (!return_trampoline || return_address_at(frame) == return_trampoline)
		return true;
	count(&counters.lost);
	return false;
}

/* The scopes that begin in the same call as this one. */
static __always_inline __u32 alternatives(__u32 scope)
{
	if (BIT(scope) & PERCPU_ALLOC_KINDS)
		return PERCPU_ALLOC_KINDS;
	if (BIT(scope) & RECLAIM_KINDS)
		return RECLAIM_KINDS;
	return BIT(scope);
}

/*
 * Read anew each time it is asked for. What the verifier once learned of a bit it would keep for each way through the
 * rest of the program, of which there would be as many as combinations of bits.
 */
#define READ_ONCE(value) (*(const volatile __typeof__(value) *)&(value))

/*
 * A kernel stack grows down: whatever was entered at a lower address than where we are now has returned, and so has
 * whatever the same call began at this very address. Such a scope is left over from a return that was not seen (a
 * return probe out of instances, a program skipped), and believing in it would invent edges. Returns its bit if
 * `scope`, which began at `began`, is one.
 */
__noinline __u32 left_scope(__u32 scope, __u64 began, __u64 frame, __u32 entered)
{
	if (began & BEGAN_UNSEEN) /* its end is seen by other signs */
		return 0;
	if (began < frame || (began == frame && BIT(scope) & alternatives(entered)))
		return BIT(scope);
	return return_is_probed(began) ? 0 : BIT(scope);
}

static __always_inline void forget_left_scopes(struct task_scopes *state, __u64 frame, __u32 entered)
{
	__u32 left = 0;

	LOOP (scope, SCOPE_COUNT) {
		if (scope != SCOPE_QUEUE_FROZEN && READ_ONCE(state->inside) & BIT(scope))
			left |= left_scope(scope, state->frame[scope], frame, entered);
	}
	state->inside &= ~left;
}

/* For these the first on each disk is reported instead (queues.h): a cycle needs both on the same disk. */
static __always_inline bool is_reported_per_disk(__u32 outer, __u32 inner)
{
	if (outer == SCOPE_PERCPU_MUTEX || outer == SCOPE_RECLAIM)
		return inner == SCOPE_SUBMIT_BIO;
	return (outer == SCOPE_QUEUE_FROZEN || outer == SCOPE_QUEUE_USED) &&
	       (inner == SCOPE_PERCPU_ALLOC || inner == SCOPE_PERCPU_ALLOC_NOIO || inner == SCOPE_RECLAIM);
}

/* Only where the queue is the same, and then by queues.h: a bio to any other disk passes. */
static __always_inline bool is_counted_elsewhere(__u32 outer, __u32 inner)
{
	return (outer == SCOPE_QUEUE_FROZEN || outer == SCOPE_QUEUE_USED) && inner == SCOPE_SUBMIT_BIO;
}

/*
 * Returns the bit of `outer` if `active` has it and this is the first such edge. Two tasks may both be told so; the
 * reader keeps the earlier one.
 */
__noinline __u32 count_edge(__u32 active, __u32 outer, __u32 inner)
{
	__u64 cell = (__u64)outer * SCOPE_COUNT + inner;

	if (!(active & BIT(outer)) || is_counted_elsewhere(outer, inner) || cell >= SCOPE_COUNT * SCOPE_COUNT)
		return 0;
	KEEP_BOUNDS(cell);
	__u64 *counter = &counters.edges[0][0] + cell;
	bool first = *counter == 0;

	count(counter);
	return first && !is_reported_per_disk(outer, inner) ? BIT(outer) : 0;
}

/* Returns which of the edges are the first of their kind, to be reported. */
static __always_inline __u64 count_edges(__u32 active, __u32 inner)
{
	__u32 first = 0;

	LOOP (outer, SCOPE_COUNT)
		first |= count_edge(active, outer, inner);
	return EDGES(first, 0);
}

/* What `scope` is entered inside of, this being known of the task. */
static __always_inline __u32 active_scopes(const struct task_scopes *state)
{
	__u32 active = state ? state->inside : 0;

	return current_owns_percpu_mutex() ? active | BIT(SCOPE_PERCPU_MUTEX) : active;
}

static __always_inline void end_left_waits(struct task_scopes *state, __u64 frame);
static __always_inline void drop_thawed(void);

/* Returns the edges to be reported. */
__noinline __u64 enter_scope(__u64 frame, __u64 scope)
{
	struct task_scopes *state = find_or_add_task();
	__u64 first = 0;

	if (!state || scope >= SCOPE_COUNT)
		return 0;
	if (state->inside)
		forget_left_scopes(state, frame, scope);
	end_left_waits(state, frame);
	if (state->inside & BIT(SCOPE_QUEUE_FROZEN))
		drop_thawed();
	infer_spared_alloc(state, frame);
	state->active = active_scopes(state);
	if (state->active)
		first = count_edges(state->active, scope);
	if (!(state->inside & BIT(scope))) {
		if (BIT(scope) & PERCPU_MUTEX_USERS && !(state->inside & PERCPU_MUTEX_USERS))
			state->percpu_since_ns = bpf_ktime_get_ns();
		state->inside |= BIT(scope);
		KEEP_BOUNDS(scope);
		state->frame[scope] = frame;
	}
	recount(state);
	return first;
}

/* The task's entry; NULL if there is no room for one. */
static __always_inline struct task_scopes *enter(void *ctx, __u64 frame, __u32 scope, __u32 gfp)
{
	__u64 first = enter_scope(frame, scope);

	if (first)
		report_edges(ctx, first, scope, gfp);
	return find_task();
}

/* The frame of a tracepoint, which does not tell how deep the scope began that it ends. */
#define FRAME_UNKNOWN (~0ull)

/* What began at this frame is left, and with it whatever began deeper. */
__noinline int leave(__u64 frame)
{
	struct task_scopes *state = find_task();

	if (!state || !state->inside)
		return 0;
	LOOP (scope, SCOPE_COUNT) {
		if (scope != SCOPE_QUEUE_FROZEN && state->frame[scope] <= frame)
			state->inside = READ_ONCE(state->inside) & ~BIT(scope);
	}
	end_left_waits(state, frame);
	recount(state);
	return 0;
}

/*
 * Most per-CPU allocations are made by tasks of which nothing else is known: for these, what enter() and leave() come
 * to, without their loops. Making a control group takes fifteen. False: it is for those to do.
 */
static __always_inline bool enter_percpu_alloc_alone(struct task_scopes *state, __u64 frame)
{
	if (!state || state->inside || state->sleeps || state->throttled || current_owns_percpu_mutex())
		return false;
	state->active = 0;
	state->percpu_since_ns = bpf_ktime_get_ns();
	state->inside = BIT(SCOPE_PERCPU_ALLOC);
	state->frame[SCOPE_PERCPU_ALLOC] = frame;
	return true;
}

static __always_inline bool leave_percpu_alloc_alone(struct task_scopes *state, __u64 frame)
{
	if (state->inside != BIT(SCOPE_PERCPU_ALLOC) || state->frame[SCOPE_PERCPU_ALLOC] > frame || state->sleeps ||
	    state->throttled)
		return false;
	state->inside = 0;
	recount(state);
	return true;
}

/* Something that has no end of its own, as seen by a tracepoint. */
static __always_inline void pass(void *ctx, __u32 scope, __u32 gfp)
{
	__u32 active = active_scopes(find_task());
	__u64 first = active ? count_edges(active, scope) : 0;

	if (first)
		report_edges(ctx, first, scope, gfp);
}

/*
 * The allocator decides after current_gfp_context() (mm/percpu.c since 28307d938fb2, 5.7): what the task's own flags
 * forbid is taken away from what the caller asked for.
 */
static __always_inline __u32 effective_gfp(__u32 gfp)
{
	__u32 flags = current_flags();

	if (flags & PF_MEMALLOC_NOIO)
		return gfp & ~(GFP_IO | GFP_FS);
	if (flags & PF_MEMALLOC_NOFS)
		return gfp & ~GFP_FS;
	return gfp;
}

static __always_inline __u32 percpu_alloc_kind(__u32 gfp)
{
	if (!(gfp & GFP_DIRECT_RECLAIM))
		return SCOPE_PERCPU_ALLOC_NOWAIT;
	if (!(gfp & GFP_IO) || !(gfp & GFP_FS))
		return SCOPE_PERCPU_ALLOC_NOIO;
	return SCOPE_PERCPU_ALLOC;
}

static __always_inline struct task_scopes *enter_percpu_alloc(void *ctx, __u64 frame, __u32 gfp)
{
	return enter(ctx, frame, percpu_alloc_kind(gfp), gfp);
}

/* Without __GFP_IO reclaim swaps nothing out (may_enter_fs() in mm/vmscan.c). */
static __always_inline struct task_scopes *enter_reclaim(void *ctx, __u64 frame, __u32 gfp)
{
	return enter(ctx, frame, gfp & GFP_IO ? SCOPE_RECLAIM : SCOPE_RECLAIM_NOIO, gfp);
}

/*
 * The 2011 mistake struck at the first bio of a cgroup on a disk. On a kernel without it, every first bio submitted by
 * the owner of pcpu_alloc_mutex is a trial: there the mistake would have been fatal.
 */
static __always_inline void note_throttled_bio(__u64 bio)
{
	struct pair pair = { .blkg = blkg_of(bio) };
	__u8 seen = 1;

	count(&counters.throttled_bios);
	if (!pair.blkg)
		return;
	pair.group = group_of(pair.blkg);
	if (bpf_map_lookup_elem(&pairs, &pair))
		return;
	if (bpf_map_update_elem(&pairs, &pair, &seen, BPF_ANY)) {
		count(&counters.lost);
		return;
	}
	if (current_owns_percpu_mutex())
		count(&counters.owner_first_bios);
}

#endif
