// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes, one set per tier; tool/probe/tier.cpp says which function or tracepoint each is attached to and loads
 * only the set it chose. All tiers share the bookkeeping in nesting.h and waits.h.
 */
#include <stdbool.h>
#include <stddef.h>

#include <asm/ptrace.h>
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "watch.h"

#include "kernel.h"
#include "nesting.h"
#include "queues.h"
#include "waits.h"

char LICENSE[] SEC("license") = "GPL";

/* What is done at a place, whichever way leads there. `frame` is what the entry and the exit of one call have in
 * common. */

static __always_inline void on_kswapd(void *ctx, __u64 frame, bool again)
{
	note_kswapd();
	enter(ctx, frame, CALL_RECLAIM, SCOPE_RECLAIM, 0, again);
}

static __always_inline void on_percpu_alloc(void *ctx, __u64 frame, __u32 caller_gfp, bool again)
{
	__u32 gfp = effective_gfp(caller_gfp);

	const struct task_scopes *state = enter_percpu_alloc(ctx, frame, gfp, again);

	if (state)
		note_blocking_alloc(ctx, state, gfp);
}

static __always_inline void leave_percpu_user(__u64 frame, __u32 call, bool again)
{
	leave(frame, call, again);
	note_progress(find_task());
}

static __always_inline void on_reclaim(void *ctx, __u64 frame, __u32 caller_gfp, bool again)
{
	struct task_scopes *state = enter_reclaim(ctx, frame, effective_gfp(caller_gfp), again);

	if (state)
		note_memory_wait(ctx, state);
}

static __always_inline void on_submit_bio(void *ctx, __u64 frame, __u64 bio, bool again)
{
	struct task_scopes *state = enter(ctx, frame, CALL_SUBMIT_BIO, SCOPE_SUBMIT_BIO, 0, again);

	if (!state)
		return;
	end_memory_wait(state, 0); /* it has got its bio */
	note_owner_bio(ctx, (const struct bio *)bio);
}

static __always_inline void on_unfreeze(__u64 frame, __u64 queue, bool again)
{
	note_unfreeze(frame, queue, again);
	end_memory_wait(find_task(), PERCPU_MUTEX_USERS | BIT(SCOPE_QUEUE_FROZEN));
}

static __always_inline void on_blk_throtl(void *ctx, __u64 frame, __u64 bio, bool again)
{
	if (enter(ctx, frame, CALL_BLK_THROTL, SCOPE_BLK_THROTL, 0, again))
		note_throttled_bio((const struct bio *)bio);
}

/*
 * Trampolines. The arguments lie on the traced task's own stack, for all programs of a call at the same address. Of the
 * programs of a function, the one attached last runs first.
 */

#define FRAME(ctx) ((__u64)(ctx))

#define TRAMPOLINE_PROGRAM(kind, name, suffix, again)                                                                  \
	SEC(#kind)                                                                                                     \
	int kind##_##name##suffix(__u64 *ctx)                                                                          \
	{                                                                                                              \
		if (enabled)                                                                                           \
			do_##kind##_##name(ctx, again);                                                                \
		return 0;                                                                                              \
	}

#define TRAMPOLINE(kind, name, action)                                                                                 \
	static __always_inline void do_##kind##_##name(__u64 *ctx, bool again)                                         \
	{                                                                                                              \
		action;                                                                                                \
	}                                                                                                              \
	TRAMPOLINE_PROGRAM(kind, name, , false)                                                                        \
	TRAMPOLINE_PROGRAM(kind, name, _second, true)

/* For what many tasks call at once: the more of them are preempted inside its programs, the more programs it takes. */
#define BUSY_TRAMPOLINE(kind, name, action)                                                                            \
	TRAMPOLINE(kind, name, action)                                                                                 \
	TRAMPOLINE_PROGRAM(kind, name, _third, true)                                                                   \
	TRAMPOLINE_PROGRAM(kind, name, _fourth, true)                                                                  \
	TRAMPOLINE_PROGRAM(kind, name, _fifth, true)

/* (size, align, reserved, gfp) since 5835d96e9ce4, 3.18 */
BUSY_TRAMPOLINE(fentry, percpu_alloc, on_percpu_alloc(ctx, FRAME(ctx), ctx[3], again))
BUSY_TRAMPOLINE(fexit, percpu_alloc, leave_percpu_user(FRAME(ctx), CALL_PERCPU_ALLOC, again))
TRAMPOLINE(fentry, percpu_balance, enter(ctx, FRAME(ctx), CALL_PERCPU_BALANCE, SCOPE_PERCPU_BALANCE, 0, again))
TRAMPOLINE(fexit, percpu_balance, leave_percpu_user(FRAME(ctx), CALL_PERCPU_BALANCE, again))
/* try_to_free_pages(zonelist, order, gfp, nodemask) */
BUSY_TRAMPOLINE(fentry, direct_reclaim, on_reclaim(ctx, FRAME(ctx), ctx[2], again))
BUSY_TRAMPOLINE(fexit, direct_reclaim, leave(FRAME(ctx), CALL_RECLAIM, again))
/* try_to_free_mem_cgroup_pages(memcg, nr, gfp, ..) */
TRAMPOLINE(fentry, memcg_reclaim, on_reclaim(ctx, FRAME(ctx), ctx[2], again))
TRAMPOLINE(fexit, memcg_reclaim, leave(FRAME(ctx), CALL_RECLAIM, again))
TRAMPOLINE(fentry, kswapd, on_kswapd(ctx, FRAME(ctx), again))
TRAMPOLINE(fexit, kswapd, leave(FRAME(ctx), CALL_RECLAIM, again))
BUSY_TRAMPOLINE(fentry, submit_bio, on_submit_bio(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fexit, submit_bio, leave(FRAME(ctx), CALL_SUBMIT_BIO, again))
BUSY_TRAMPOLINE(fentry, blk_throtl, on_blk_throtl(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fexit, blk_throtl, leave(FRAME(ctx), CALL_BLK_THROTL, again))
BUSY_TRAMPOLINE(fentry, swap_out, enter(ctx, FRAME(ctx), CALL_SWAP_OUT, SCOPE_SWAP_OUT, 0, again))
BUSY_TRAMPOLINE(fexit, swap_out, leave(FRAME(ctx), CALL_SWAP_OUT, again))
BUSY_TRAMPOLINE(fentry, mutex_wait, begin_mutex_wait(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fexit, mutex_wait, end_mutex_wait(FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fentry, mutex_wait_killable, begin_mutex_wait(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fexit, mutex_wait_killable, end_mutex_wait(FRAME(ctx), ctx[0], again))
/* throttle_direct_reclaim(gfp, ..): gfp as current_gfp_context() left it */
BUSY_TRAMPOLINE(fentry, kswapd_wait, begin_kswapd_wait(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fexit, kswapd_wait, end_kswapd_wait(FRAME(ctx), again))
/* blk_queue_enter(queue, flags), taken by every bio; or __bio_queue_enter(queue, bio), the slow way alone, since 5.16 */
TRAMPOLINE(fentry, queue_enter, enter_queue(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fentry, queue_wait, wait_for_queue(ctx, FRAME(ctx), ctx[0], again))
BUSY_TRAMPOLINE(fexit, queue_enter, leave_queue(FRAME(ctx), again))
/* Only for kernels before 5.16: they do not preempt themselves. */
TRAMPOLINE(fentry, sleep, sleep_for_event(ctx))
/* blk_mq_freeze_queue_wait(queue): the queue is frozen by now, and the caller waits for those inside */
TRAMPOLINE(fentry, freeze, begin_drain_wait(ctx, FRAME(ctx), ctx[0], again))
TRAMPOLINE(fexit, freeze, end_drain_wait(FRAME(ctx), ctx[0], again))
TRAMPOLINE(fentry, blkg_conf, enter(ctx, FRAME(ctx), CALL_BLKG_CONF, SCOPE_BLKG_CONF, 0, again))
TRAMPOLINE(fexit, blkg_conf, leave_blkg_conf(FRAME(ctx), again))
/* int blk_queue_enter(queue, flags) */
TRAMPOLINE(fexit, use_queue, use_queue(FRAME(ctx), ctx[0], ctx[2], again))
/* blk_mq_unfreeze_queue(queue) */
TRAMPOLINE(fentry, unfreeze, on_unfreeze(FRAME(ctx), ctx[0], again))
/* io_schedule_timeout(timeout) */
TRAMPOLINE(fentry, sleep_for_bio, sleep_for_bio(ctx, FRAME(ctx), again))

/*
 * kprobes: the same places; arguments and stack address come from the registers. They run with preemption off and
 * need no repeating. On return the return address is off the stack.
 */

#define ENTRY_FRAME(ctx) PT_REGS_SP(ctx)
#define RETURN_FRAME(ctx) (PT_REGS_SP(ctx) - sizeof(__u64))

#define KPROBE(kind, name, action)                                                                                     \
	SEC(#kind)                                                                                                     \
	int kind##_##name(struct pt_regs *ctx)                                                                         \
	{                                                                                                              \
		if (enabled)                                                                                           \
			action;                                                                                        \
		return 0;                                                                                              \
	}

KPROBE(kprobe, percpu_alloc, on_percpu_alloc(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM4(ctx), false))
KPROBE(kretprobe, percpu_alloc, leave_percpu_user(RETURN_FRAME(ctx), CALL_PERCPU_ALLOC, false))
KPROBE(kprobe, percpu_balance, enter(ctx, ENTRY_FRAME(ctx), CALL_PERCPU_BALANCE, SCOPE_PERCPU_BALANCE, 0, false))
KPROBE(kretprobe, percpu_balance, leave_percpu_user(RETURN_FRAME(ctx), CALL_PERCPU_BALANCE, false))
KPROBE(kprobe, direct_reclaim, on_reclaim(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM3(ctx), false))
KPROBE(kretprobe, direct_reclaim, leave(RETURN_FRAME(ctx), CALL_RECLAIM, false))
KPROBE(kprobe, memcg_reclaim, on_reclaim(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM3(ctx), false))
KPROBE(kretprobe, memcg_reclaim, leave(RETURN_FRAME(ctx), CALL_RECLAIM, false))
KPROBE(kprobe, kswapd, on_kswapd(ctx, ENTRY_FRAME(ctx), false))
KPROBE(kretprobe, kswapd, leave(RETURN_FRAME(ctx), CALL_RECLAIM, false))
KPROBE(kprobe, submit_bio, on_submit_bio(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx), false))
KPROBE(kretprobe, submit_bio, leave(RETURN_FRAME(ctx), CALL_SUBMIT_BIO, false))
KPROBE(kprobe, blk_throtl, on_blk_throtl(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx), false))
KPROBE(kretprobe, blk_throtl, leave(RETURN_FRAME(ctx), CALL_BLK_THROTL, false))
KPROBE(kprobe, swap_out, enter(ctx, ENTRY_FRAME(ctx), CALL_SWAP_OUT, SCOPE_SWAP_OUT, 0, false))
KPROBE(kretprobe, swap_out, leave(RETURN_FRAME(ctx), CALL_SWAP_OUT, false))
/* A return probe has no arguments, so mutex waits come from the lock tracepoints below in this tier too. */
KPROBE(kprobe, kswapd_wait, begin_kswapd_wait(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx), false))
KPROBE(kretprobe, kswapd_wait, end_kswapd_wait(RETURN_FRAME(ctx), false))
KPROBE(kprobe, queue_enter, enter_queue(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx), false))
KPROBE(kprobe, queue_wait, wait_for_queue(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx), false))
KPROBE(kretprobe, queue_enter, leave_queue(RETURN_FRAME(ctx), false))
KPROBE(kprobe, sleep, sleep_for_event(ctx))
/* Without arguments on return, neither the end of a drain nor who uses a queue is known in this tier. */
KPROBE(kprobe, freeze, note_freeze(PT_REGS_PARM1(ctx)))
KPROBE(kprobe, blkg_conf, enter(ctx, ENTRY_FRAME(ctx), CALL_BLKG_CONF, SCOPE_BLKG_CONF, 0, false))
KPROBE(kretprobe, blkg_conf, leave_blkg_conf(RETURN_FRAME(ctx), false))
KPROBE(kprobe, unfreeze, on_unfreeze(ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx), false))
KPROBE(kprobe, sleep_for_bio, sleep_for_bio(ctx, ENTRY_FRAME(ctx), false))

/*
 * Tracepoints with BTF arguments: what remains where functions may not be probed. On kernels that
 * preempt themselves (7.2) some are skipped, and the run says so. Their begin and their end lie at different depths.
 */

/* mm_vmscan_direct_reclaim_begin has (order, gfp), and (gfp, order, memcg) in 7.x */
const volatile __u8 reclaim_gfp_is_first;

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

static __always_inline void on_contention(void *ctx, __u64 lock, __u32 flags)
{
	if (flags & LCB_F_MUTEX)
		begin_mutex_wait(ctx, FRAME_UNKNOWN, lock, false);
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
	note_owner_bio(ctx, (const struct bio *)bio);
	note_throttled_bio((const struct bio *)bio);
}

/* (lock, flags), 5.19 */
TRACEPOINT(contention_begin, contention_begin, on_contention(ctx, ctx[0], ctx[1]))
TRACEPOINT(contention_end, contention_end, end_mutex_wait(FRAME_UNKNOWN, ctx[0], false))
TRACEPOINT(direct_reclaim_begin, mm_vmscan_direct_reclaim_begin,
	   on_reclaim(ctx, FRAME(ctx), reclaim_gfp(ctx), false))
TRACEPOINT(direct_reclaim_end, mm_vmscan_direct_reclaim_end, leave(FRAME_UNKNOWN, CALL_RECLAIM, false))
TRACEPOINT(memcg_reclaim_begin, mm_vmscan_memcg_reclaim_begin, on_reclaim(ctx, FRAME(ctx), reclaim_gfp(ctx), false))
TRACEPOINT(memcg_reclaim_end, mm_vmscan_memcg_reclaim_end, leave(FRAME_UNKNOWN, CALL_RECLAIM, false))
TRACEPOINT(kswapd_wake, mm_vmscan_kswapd_wake, on_kswapd(ctx, FRAME(ctx), false))
TRACEPOINT(kswapd_sleep, mm_vmscan_kswapd_sleep, leave(FRAME_UNKNOWN, CALL_RECLAIM, false))
/* Fires after success only. Its tenth argument is the gfp since f67bed134a05, 5.19; tool/probe makes sure of it. */
TRACEPOINT(percpu_alloc, percpu_alloc_percpu, on_percpu_allocated(ctx, ctx[9]))
/* (bio) since 5.12 */
TRACEPOINT(bio_queue, block_bio_queue, on_bio_queue(ctx, ctx[0]))
