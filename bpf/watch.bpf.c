// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes, one set per tier; tool/probe/tier.cpp says which function or tracepoint each is attached to and loads only
 * the set it chose. All tiers share the bookkeeping in nesting.h and waits.h.
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
#include "waits.h"

char LICENSE[] SEC("license") = "GPL";

/* A trampoline passes the arguments on the traced task's own stack: that address tells how deep the call is. */
#define FRAME(ctx) ((__u64)(ctx))

#define FENTRY_SCOPE(name, scope)                                                                                      \
	SEC("fentry")                                                                                                  \
	int fentry_##name(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		if (enabled)                                                                                           \
			enter(ctx, FRAME(ctx), scope, 0);                                                              \
		return 0;                                                                                              \
	}

#define FEXIT_SCOPE(name, scope)                                                                                       \
	SEC("fexit")                                                                                                   \
	int fexit_##name(__u64 *ctx)                                                                                   \
	{                                                                                                              \
		if (enabled)                                                                                           \
			leave(scope);                                                                                  \
		return 0;                                                                                              \
	}

SEC("fentry")
int fentry_percpu_alloc(__u64 *ctx) /* (size, align, reserved, gfp) since 5835d96e9ce4, 3.18 */
{
	if (enabled)
		enter_percpu_alloc(ctx, FRAME(ctx), ctx[3]);
	return 0;
}

SEC("fexit")
int fexit_percpu_alloc(__u64 *ctx)
{
	if (enabled)
		leave_percpu_alloc();
	return 0;
}

SEC("fentry")
int fentry_direct_reclaim(__u64 *ctx) /* try_to_free_pages(zonelist, order, gfp, nodemask) */
{
	if (enabled)
		enter(ctx, FRAME(ctx), SCOPE_RECLAIM, ctx[2]);
	return 0;
}
FEXIT_SCOPE(direct_reclaim, SCOPE_RECLAIM)

SEC("fentry")
int fentry_memcg_reclaim(__u64 *ctx) /* try_to_free_mem_cgroup_pages(memcg, nr, gfp, ..) */
{
	if (enabled)
		enter(ctx, FRAME(ctx), SCOPE_RECLAIM, ctx[2]);
	return 0;
}
FEXIT_SCOPE(memcg_reclaim, SCOPE_RECLAIM)

SEC("fentry")
int fentry_kswapd(__u64 *ctx)
{
	if (!enabled)
		return 0;
	note_kswapd();
	enter(ctx, FRAME(ctx), SCOPE_RECLAIM, 0);
	return 0;
}
FEXIT_SCOPE(kswapd, SCOPE_RECLAIM)

SEC("fentry")
int fentry_blk_throtl(__u64 *ctx)
{
	if (!enabled)
		return 0;
	enter(ctx, FRAME(ctx), SCOPE_BLK_THROTL, 0);
	note_throttled_bio((const struct bio *)ctx[0]);
	return 0;
}
FEXIT_SCOPE(blk_throtl, SCOPE_BLK_THROTL)

FENTRY_SCOPE(percpu_balance, SCOPE_PERCPU_BALANCE)
FEXIT_SCOPE(percpu_balance, SCOPE_PERCPU_BALANCE)
FENTRY_SCOPE(submit_bio, SCOPE_SUBMIT_BIO)
FEXIT_SCOPE(submit_bio, SCOPE_SUBMIT_BIO)
FENTRY_SCOPE(swap_out, SCOPE_SWAP_OUT)
FEXIT_SCOPE(swap_out, SCOPE_SWAP_OUT)

#define FENTRY_MUTEX(name)                                                                                             \
	SEC("fentry")                                                                                                  \
	int fentry_##name(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		if (enabled)                                                                                           \
			begin_mutex_wait(ctx, ctx[0]);                                                                 \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("fexit")                                                                                                   \
	int fexit_##name(__u64 *ctx)                                                                                   \
	{                                                                                                              \
		if (enabled)                                                                                           \
			end_mutex_wait(ctx[0]);                                                                        \
		return 0;                                                                                              \
	}

FENTRY_MUTEX(mutex_wait)
FENTRY_MUTEX(mutex_wait_killable)

SEC("fentry")
int fentry_kswapd_wait(__u64 *ctx) /* throttle_direct_reclaim(gfp, ..): gfp as current_gfp_context() left it */
{
	if (enabled)
		begin_kswapd_wait(ctx, ctx[0]);
	return 0;
}

SEC("fexit")
int fexit_kswapd_wait(__u64 *ctx)
{
	if (enabled)
		end_kswapd_wait();
	return 0;
}

/* kprobes: the same places; arguments and stack address come from the registers */

#define KPROBE_SCOPE(name, scope)                                                                                      \
	SEC("kprobe")                                                                                                  \
	int kprobe_##name(struct pt_regs *ctx)                                                                         \
	{                                                                                                              \
		if (enabled)                                                                                           \
			enter(ctx, PT_REGS_SP(ctx), scope, 0);                                                         \
		return 0;                                                                                              \
	}

#define KRETPROBE_SCOPE(name, scope)                                                                                   \
	SEC("kretprobe")                                                                                               \
	int kretprobe_##name(struct pt_regs *ctx)                                                                      \
	{                                                                                                              \
		if (enabled)                                                                                           \
			leave(scope);                                                                                  \
		return 0;                                                                                              \
	}

SEC("kprobe")
int kprobe_percpu_alloc(struct pt_regs *ctx)
{
	if (enabled)
		enter_percpu_alloc(ctx, PT_REGS_SP(ctx), PT_REGS_PARM4(ctx));
	return 0;
}

SEC("kretprobe")
int kretprobe_percpu_alloc(struct pt_regs *ctx)
{
	if (enabled)
		leave_percpu_alloc();
	return 0;
}

SEC("kprobe")
int kprobe_direct_reclaim(struct pt_regs *ctx)
{
	if (enabled)
		enter(ctx, PT_REGS_SP(ctx), SCOPE_RECLAIM, PT_REGS_PARM3(ctx));
	return 0;
}
KRETPROBE_SCOPE(direct_reclaim, SCOPE_RECLAIM)

SEC("kprobe")
int kprobe_memcg_reclaim(struct pt_regs *ctx)
{
	if (enabled)
		enter(ctx, PT_REGS_SP(ctx), SCOPE_RECLAIM, PT_REGS_PARM3(ctx));
	return 0;
}
KRETPROBE_SCOPE(memcg_reclaim, SCOPE_RECLAIM)

SEC("kprobe")
int kprobe_kswapd(struct pt_regs *ctx)
{
	if (!enabled)
		return 0;
	note_kswapd();
	enter(ctx, PT_REGS_SP(ctx), SCOPE_RECLAIM, 0);
	return 0;
}
KRETPROBE_SCOPE(kswapd, SCOPE_RECLAIM)

SEC("kprobe")
int kprobe_blk_throtl(struct pt_regs *ctx)
{
	if (!enabled)
		return 0;
	enter(ctx, PT_REGS_SP(ctx), SCOPE_BLK_THROTL, 0);
	note_throttled_bio((const struct bio *)PT_REGS_PARM1(ctx));
	return 0;
}
KRETPROBE_SCOPE(blk_throtl, SCOPE_BLK_THROTL)

KPROBE_SCOPE(percpu_balance, SCOPE_PERCPU_BALANCE)
KRETPROBE_SCOPE(percpu_balance, SCOPE_PERCPU_BALANCE)
KPROBE_SCOPE(submit_bio, SCOPE_SUBMIT_BIO)
KRETPROBE_SCOPE(submit_bio, SCOPE_SUBMIT_BIO)
KPROBE_SCOPE(swap_out, SCOPE_SWAP_OUT)
KRETPROBE_SCOPE(swap_out, SCOPE_SWAP_OUT)

/* A return probe has no arguments, so mutex waits come from the lock tracepoints below in this tier too. */
SEC("kprobe")
int kprobe_kswapd_wait(struct pt_regs *ctx)
{
	if (enabled)
		begin_kswapd_wait(ctx, PT_REGS_PARM1(ctx));
	return 0;
}

SEC("kretprobe")
int kretprobe_kswapd_wait(struct pt_regs *ctx)
{
	if (enabled)
		end_kswapd_wait();
	return 0;
}

/* tracepoints with BTF arguments: what remains where functions may not be probed */

SEC("tp_btf/contention_begin")
int tp_contention_begin(__u64 *ctx) /* (lock, flags), 5.19 */
{
	if (enabled && (__u32)ctx[1] & LCB_F_MUTEX)
		begin_mutex_wait(ctx, ctx[0]);
	return 0;
}

SEC("tp_btf/contention_end")
int tp_contention_end(__u64 *ctx)
{
	if (enabled)
		end_mutex_wait(ctx[0]);
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int tp_direct_reclaim_begin(__u64 *ctx)
{
	if (enabled)
		enter(ctx, FRAME(ctx), SCOPE_RECLAIM, 0); /* the position of gfp changed in 7.x */
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int tp_memcg_reclaim_begin(__u64 *ctx)
{
	if (enabled)
		enter(ctx, FRAME(ctx), SCOPE_RECLAIM, 0);
	return 0;
}

SEC("tp_btf/mm_vmscan_kswapd_wake")
int tp_kswapd_wake(__u64 *ctx)
{
	if (!enabled)
		return 0;
	note_kswapd();
	enter(ctx, FRAME(ctx), SCOPE_RECLAIM, 0);
	return 0;
}

#define TP_RECLAIM_END(name, tracepoint)                                                                               \
	SEC("tp_btf/" #tracepoint)                                                                                     \
	int tp_##name(__u64 *ctx)                                                                                      \
	{                                                                                                              \
		if (enabled)                                                                                           \
			leave(SCOPE_RECLAIM);                                                                          \
		return 0;                                                                                              \
	}

TP_RECLAIM_END(direct_reclaim_end, mm_vmscan_direct_reclaim_end)
TP_RECLAIM_END(memcg_reclaim_end, mm_vmscan_memcg_reclaim_end)
TP_RECLAIM_END(kswapd_sleep, mm_vmscan_kswapd_sleep)

SEC("tp_btf/percpu_alloc_percpu")
int tp_percpu_alloc(__u64 *ctx) /* fires after success only; gfp is the tenth argument since f67bed134a05, 5.19 */
{
	if (!enabled)
		return 0;
	__u32 gfp = ctx[9];
	__u32 kind = percpu_alloc_kind(gfp);

	if (kind == SCOPE_PERCPU_ALLOC)
		pass(ctx, SCOPE_PERCPU_ALLOC, gfp);
	else if (kind == SCOPE_PERCPU_ALLOC_NOIO)
		pass(ctx, SCOPE_PERCPU_ALLOC_NOIO, gfp);
	else
		pass(ctx, SCOPE_PERCPU_ALLOC_NOWAIT, gfp);
	return 0;
}

SEC("tp_btf/block_bio_queue")
int tp_bio_queue(__u64 *ctx) /* (bio) since 5.12 */
{
	if (!enabled)
		return 0;
	pass(ctx, SCOPE_SUBMIT_BIO, 0);
	note_throttled_bio((const struct bio *)ctx[0]);
	return 0;
}
