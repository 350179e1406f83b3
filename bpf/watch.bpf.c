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
#include "standing.h"
#include "nesting.h"
#include "queues.h"
#include "waits.h"

char LICENSE[] SEC("license") = "GPL";

/* What is done at a place, whichever way leads there. `frame` is what the entry and the exit of one call have in
 * common. */

static __always_inline void on_kswapd(void *ctx, __u64 frame)
{
	note_kswapd();
	enter(ctx, frame, SCOPE_RECLAIM, 0);
}

static __always_inline void on_percpu_alloc(void *ctx, __u64 frame, __u32 caller_gfp)
{
	__u32 gfp = effective_gfp(caller_gfp);
	struct task_scopes *state = enter_percpu_alloc(ctx, frame, gfp);

	if (state)
		note_blocking_alloc(ctx, state, gfp);
}

static __always_inline void leave_percpu_user(__u64 frame)
{
	leave(frame);
	note_progress(find_task());
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
	note_bio(ctx, state, state->active, (const struct bio *)bio);
}

static __always_inline void on_unfreeze(__u64 queue)
{
	note_unfreeze(queue);
	end_memory_wait(find_task(), PERCPU_MUTEX_USERS | BIT(SCOPE_QUEUE_FROZEN));
}

static __always_inline void on_blk_throtl(void *ctx, __u64 frame, __u64 bio)
{
	if (enter(ctx, frame, SCOPE_BLK_THROTL, 0))
		note_throttled_bio((const struct bio *)bio);
}

/*
 * Trampolines. The arguments lie on the traced task's own stack. A kernel that preempts itself may do so inside such a
 * program: until that task runs again the program is marked as running on that CPU, and whoever calls the function
 * there has it skipped as if it were recursion (bpf_prog_info.recursion_misses). Tier auto prefers kprobes there.
 */

#define FRAME(ctx) ((__u64)(ctx))

#define TRAMPOLINE(kind, name, action)                                                                                 \
	SEC(#kind)                                                                                                     \
	int kind##_##name(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		if (enabled)                                                                                           \
			action;                                                                                        \
		return 0;                                                                                              \
	}

/* (size, align, reserved, gfp) since 5835d96e9ce4, 3.18 */
TRAMPOLINE(fentry, percpu_alloc, on_percpu_alloc(ctx, FRAME(ctx), ctx[3]))
TRAMPOLINE(fexit, percpu_alloc, leave_percpu_user(FRAME(ctx)))
TRAMPOLINE(fentry, percpu_balance, enter(ctx, FRAME(ctx), SCOPE_PERCPU_BALANCE, 0))
TRAMPOLINE(fexit, percpu_balance, leave_percpu_user(FRAME(ctx)))
/* try_to_free_pages(zonelist, order, gfp, nodemask) */
TRAMPOLINE(fentry, direct_reclaim, on_reclaim(ctx, FRAME(ctx), ctx[2]))
TRAMPOLINE(fexit, direct_reclaim, leave(FRAME(ctx)))
/* try_to_free_mem_cgroup_pages(memcg, nr, gfp, ..) */
TRAMPOLINE(fentry, memcg_reclaim, on_reclaim(ctx, FRAME(ctx), ctx[2]))
TRAMPOLINE(fexit, memcg_reclaim, leave(FRAME(ctx)))
TRAMPOLINE(fentry, kswapd, on_kswapd(ctx, FRAME(ctx)))
TRAMPOLINE(fexit, kswapd, leave(FRAME(ctx)))
TRAMPOLINE(fentry, submit_bio, on_submit_bio(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, submit_bio, leave(FRAME(ctx)))
TRAMPOLINE(fentry, blk_throtl, on_blk_throtl(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, blk_throtl, leave(FRAME(ctx)))
TRAMPOLINE(fentry, swap_out, enter(ctx, FRAME(ctx), SCOPE_SWAP_OUT, 0))
TRAMPOLINE(fexit, swap_out, leave(FRAME(ctx)))
TRAMPOLINE(fentry, mutex_wait, begin_mutex_wait(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, mutex_wait, end_mutex_wait())
TRAMPOLINE(fentry, mutex_wait_killable, begin_mutex_wait(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, mutex_wait_killable, end_mutex_wait())
/* throttle_direct_reclaim(gfp, ..): gfp as current_gfp_context() left it */
TRAMPOLINE(fentry, kswapd_wait, enter_throttle(FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, kswapd_wait, leave_throttle())
/* blk_queue_enter(queue, flags), taken by every bio; or __bio_queue_enter(queue, bio), the slow way alone, since 5.16
 */
TRAMPOLINE(fentry, queue_enter, enter_queue(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fentry, queue_wait, wait_for_queue(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, queue_enter, leave_queue(FRAME(ctx)))
/* prepare_to_wait_event(queue, entry, state) */
TRAMPOLINE(fentry, sleep, sleep_for_event(ctx, FRAME(ctx)))
/* blk_mq_freeze_queue_wait(queue): the queue is frozen by now, and the caller waits for those inside */
TRAMPOLINE(fentry, freeze, begin_drain_wait(ctx, FRAME(ctx), ctx[0]))
TRAMPOLINE(fexit, freeze, end_drain_wait())
TRAMPOLINE(fentry, blkg_conf, enter_blkg_conf(ctx, FRAME(ctx), ctx[2]))
TRAMPOLINE(fexit, blkg_conf, leave_blkg_conf(FRAME(ctx)))
/* int blk_queue_enter(queue, flags) */
TRAMPOLINE(fentry, use_queue, ask_to_use(ctx[0]))
TRAMPOLINE(fexit, use_queue, use_queue(ctx[2]))
/* blk_mq_unfreeze_queue(queue) */
TRAMPOLINE(fentry, unfreeze, on_unfreeze(ctx[0]))
TRAMPOLINE(fexit, disk_gone, note_disk_gone())
TRAMPOLINE(fexit, queue_gone, note_disk_gone())
/* io_schedule_timeout(timeout) */
TRAMPOLINE(fentry, sleep_for_bio, sleep_for_bio(ctx))

/*
 * kprobes: the same places; arguments and stack address come from the registers. They and return probes run with
 * preemption off. On return the return address is off the stack.
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

KPROBE(kprobe, percpu_alloc, on_percpu_alloc(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM4(ctx)))
KPROBE(kretprobe, percpu_alloc, leave_percpu_user(RETURN_FRAME(ctx)))
KPROBE(kprobe, percpu_balance, enter(ctx, ENTRY_FRAME(ctx), SCOPE_PERCPU_BALANCE, 0))
KPROBE(kretprobe, percpu_balance, leave_percpu_user(RETURN_FRAME(ctx)))
KPROBE(kprobe, direct_reclaim, on_reclaim(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM3(ctx)))
KPROBE(kretprobe, direct_reclaim, leave(RETURN_FRAME(ctx)))
KPROBE(kprobe, memcg_reclaim, on_reclaim(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM3(ctx)))
KPROBE(kretprobe, memcg_reclaim, leave(RETURN_FRAME(ctx)))
KPROBE(kprobe, kswapd, on_kswapd(ctx, ENTRY_FRAME(ctx)))
KPROBE(kretprobe, kswapd, leave(RETURN_FRAME(ctx)))
KPROBE(kprobe, submit_bio, on_submit_bio(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, submit_bio, leave(RETURN_FRAME(ctx)))
KPROBE(kprobe, blk_throtl, on_blk_throtl(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, blk_throtl, leave(RETURN_FRAME(ctx)))
KPROBE(kprobe, swap_out, enter(ctx, ENTRY_FRAME(ctx), SCOPE_SWAP_OUT, 0))
KPROBE(kretprobe, swap_out, leave(RETURN_FRAME(ctx)))
KPROBE(kprobe, mutex_wait, begin_mutex_wait(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, mutex_wait, end_mutex_wait())
KPROBE(kprobe, mutex_wait_killable, begin_mutex_wait(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, mutex_wait_killable, end_mutex_wait())
KPROBE(kprobe, kswapd_wait, enter_throttle(ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, kswapd_wait, leave_throttle())
KPROBE(kprobe, queue_enter, enter_queue(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kprobe, queue_wait, wait_for_queue(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, queue_enter, leave_queue(RETURN_FRAME(ctx)))
KPROBE(kprobe, sleep, sleep_for_event(ctx, ENTRY_FRAME(ctx)))
KPROBE(kprobe, freeze, begin_drain_wait(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, freeze, end_drain_wait())
KPROBE(kprobe, blkg_conf, enter_blkg_conf(ctx, ENTRY_FRAME(ctx), PT_REGS_PARM3(ctx)))
KPROBE(kretprobe, blkg_conf, leave_blkg_conf(RETURN_FRAME(ctx)))
KPROBE(kprobe, use_queue, ask_to_use(PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, use_queue, use_queue(PT_REGS_RC(ctx)))
KPROBE(kprobe, unfreeze, on_unfreeze(PT_REGS_PARM1(ctx)))
KPROBE(kretprobe, disk_gone, note_disk_gone())
KPROBE(kretprobe, queue_gone, note_disk_gone())
KPROBE(kprobe, sleep_for_bio, sleep_for_bio(ctx))

/*
 * Tracepoints with BTF arguments: what remains where functions may not be probed. On kernels that preempt themselves
 * (7.2) some are skipped, and the run says so. Their begin and their end lie at different depths.
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

static __always_inline void forget_task(__u64 task)
{
	bpf_map_delete_elem(&tasks, &task);
}

static __always_inline void on_contention(void *ctx, __u64 lock, __u32 flags)
{
	if (flags & LCB_F_MUTEX)
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
	struct task_scopes *state = find_task();

	pass(ctx, SCOPE_SUBMIT_BIO, 0);
	note_bio(ctx, state, active_scopes(state), (const struct bio *)bio);
	note_throttled_bio((const struct bio *)bio);
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
