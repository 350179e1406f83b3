// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes, one set per tier; places.def and tool/probe/bpf/tier.cpp say what each is attached to, and the latter
 * loads only the set it chose. All tiers share the bookkeeping in nesting.h and waits.h.
 */
#include <stdbool.h>
#include <stddef.h>

#include <asm/ptrace.h>
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "watch.h"

#include "flags.h"
#include "kernel.h"
#include "reads.h"
#include "standing.h"
#include "tasks.h"
#include "sparing.h"
#include "nesting.h"
#include "queues.h"
#include "waits.h"
#include "actions.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * Trampolines. The arguments lie on the traced task's own stack. A kernel that preempts itself may do so inside such a
 * program: until that task runs again the program is marked as running on that CPU, and whoever calls the function
 * there has it skipped as if it were recursion (bpf_prog_info.recursion_misses). Tier auto prefers kprobes there.
 */

/*
 * Their address as a number, which is all that functions take that are verified by themselves: the difference of two
 * pointers. Within one stack it has the order of addresses.
 */
#define FRAME(ctx) ((__u64)(ctx) - (__u64)&counters)

#define TRAMPOLINE(kind, name, action)                                                                                 \
	SEC(#kind)                                                                                                     \
	int kind##_##name(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		if (enabled)                                                                                           \
			action;                                                                                        \
		return 0;                                                                                              \
	}

#define ARG(n) ctx[(n) - 1]
#define RESULT(arguments) ctx[arguments]
#define ENTRY_FRAME FRAME(ctx)
#define EXIT_FRAME FRAME(ctx)
#define ENTRY(place, functions, role, action) TRAMPOLINE(fentry, place, action)
#define EXIT(place, functions, role, action) TRAMPOLINE(fexit, place, action)
#include "places.def"

/*
 * kprobes: the same places; arguments and stack address come from the registers. They and return probes run with
 * preemption off. On return the return address is off the stack.
 */

#define KPROBE(kind, name, action)                                                                                     \
	SEC(#kind)                                                                                                     \
	int kind##_##name(struct pt_regs *ctx)                                                                         \
	{                                                                                                              \
		if (enabled)                                                                                           \
			action;                                                                                        \
		return 0;                                                                                              \
	}

#define ARG(n) PT_REGS_PARM##n(ctx)
#define RESULT(arguments) PT_REGS_RC(ctx)
#define ENTRY_FRAME PT_REGS_SP(ctx)
#define EXIT_FRAME (PT_REGS_SP(ctx) - sizeof(__u64))
#define ENTRY(place, functions, role, action) KPROBE(kprobe, place, action)
#define EXIT(place, functions, role, action) KPROBE(kretprobe, place, action)
#include "places.def"

/*
 * Tracepoints with BTF arguments: what remains where functions may not be probed. On kernels that preempt themselves
 * (7.2) some are skipped, and the run says so. Their begin and their end lie at different depths.
 */

/* mm_vmscan_direct_reclaim_begin has (order, gfp), and (gfp, order, memcg) in 7.x */
GIVEN __u8 reclaim_gfp_is_first;

static __always_inline __u32 reclaim_gfp(const __u64 *ctx)
{
	__u64 first = ctx[0], second = ctx[1];

	/* Left to itself, clang chooses between the addresses, and the verifier wants constant ones. */
	asm volatile("" : "+r"(first), "+r"(second));
	return reclaim_gfp_is_first ? first : second;
}

#define TRACEPOINT(name, tracepoint, action)                                                                           \
	SEC("tp_btf/" #tracepoint)                                                                                     \
	int tp_##name(__u64 *ctx)                                                                                      \
	{                                                                                                              \
		if (enabled)                                                                                           \
			action;                                                                                        \
		return 0;                                                                                              \
	}

/*
 * On its way to a mutex a task tells of itself each time that it begins to spin or to sleep (__mutex_lock_common() in
 * kernel/locking/mutex.c), and once that it has done with it.
 */
static __always_inline void on_contention(void *ctx, __u64 lock, __u32 flags)
{
	struct task_scopes *state;

	if (!(flags & LCB_F_MUTEX))
		return;
	state = find_task();
	if (state && state->sleeps && state->awaited.kind == WAIT_MUTEX && state->mutex == lock)
		return;
	begin_mutex_wait(ctx, FRAME_UNKNOWN, lock);
}

static __always_inline void on_percpu_allocated(void *ctx, __u32 gfp)
{
	__u32 kind = percpu_alloc_kind(gfp);

	if (kind == SCOPE_PERCPU_ALLOC)
		pass(ctx, SCOPE_PERCPU_ALLOC, gfp);
	else if (kind == SCOPE_PERCPU_ALLOC_NOIO)
		pass(ctx, SCOPE_PERCPU_ALLOC_NOIO, gfp);
	else
		pass(ctx, SCOPE_PERCPU_ALLOC_NOWAIT, gfp);
	note_blocking_alloc(ctx, find_task(), gfp);
}

static __always_inline void on_bio_queue(void *ctx, __u64 bio)
{
	pass(ctx, SCOPE_SUBMIT_BIO, 0);
	note_bio(ctx, active_scopes(find_task()), bio);
	note_throttled_bio(bio);
}

/* (task), when nothing refers to it any more: its address may be given to another from now on */
TRACEPOINT(task_free, sched_process_free, forget_task(ctx[0]))
/* (lock, flags), 5.19 */
TRACEPOINT(contention_begin, contention_begin, on_contention(ctx, ctx[0], ctx[1]))
TRACEPOINT(contention_end, contention_end, end_contention(ctx[0]))
TRACEPOINT(direct_reclaim_begin, mm_vmscan_direct_reclaim_begin, on_reclaim(ctx, FRAME(ctx), reclaim_gfp(ctx)))
TRACEPOINT(direct_reclaim_end, mm_vmscan_direct_reclaim_end, leave(FRAME_UNKNOWN))
TRACEPOINT(memcg_reclaim_begin, mm_vmscan_memcg_reclaim_begin, on_reclaim(ctx, FRAME(ctx), reclaim_gfp(ctx)))
TRACEPOINT(memcg_reclaim_end, mm_vmscan_memcg_reclaim_end, leave(FRAME_UNKNOWN))
TRACEPOINT(kswapd_wake, mm_vmscan_kswapd_wake, on_kswapd(ctx, FRAME(ctx)))
TRACEPOINT(kswapd_sleep, mm_vmscan_kswapd_sleep, leave(FRAME_UNKNOWN))
/* Fires after success only. Its tenth argument is the gfp since f67bed134a05, 5.19; tool/probe makes sure of it. */
TRACEPOINT(percpu_alloc, percpu_alloc_percpu, on_percpu_allocated(ctx, ctx[9]))
/* (bio) since 5.12 */
TRACEPOINT(bio_queue, block_bio_queue, on_bio_queue(ctx, ctx[0]))
