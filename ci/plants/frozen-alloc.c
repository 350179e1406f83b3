// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planted bug: the mistake that schedulers, queue depths and policies made in their turn. Who freezes a request queue
 * allocates per-CPU memory with GFP_KERNEL before releasing it: queue_frozen -> pcpu_alloc_mutex. The owner of that
 * mutex may be inside reclaim, with a swap bio that waits for the queue to thaw. Every trigger that freezes the queue
 * of the swap disk must hang, on every kernel.
 *
 * It happens as soon as the queue is frozen, inside of what froze it: blk_mq_freeze_queue(), from 6.14 on
 * blk_mq_freeze_queue_nomemsave(), whose callers start no IO until they release it (1e1a9cecfab3). They wait for the
 * mutex all the same (9a5b183941b5, 6.15). Not where it is released: the probes take it for thawed from there on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-mq.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include "backing_gfp.h"
#include "redirect.h"

/* As large as they can be, so that pages have to be asked for. Several: the mutex may be free for the first. */
#define AREA_SIZE SZ_32K
#define AREAS 4

static void original_freeze_queue(struct request_queue *queue)
{
	((void (*)(struct request_queue *))behind_entry)(queue);
	/* This must not become a jump. */
	barrier();
}

/*
 * Has a frame of its own, so that the stack of a hang names it. Waits for the mutex like any other, but would rather
 * fail than loop for memory: nobody frees any while the queue is frozen, and this is not about livelocks.
 */
static noinline void blkhang_alloc_while_frozen(void)
{
	void __percpu *areas[AREAS];
	int i;

	for (i = 0; i < AREAS; i++)
		areas[i] = __alloc_percpu_gfp(AREA_SIZE, SZ_64, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	for (i = 0; i < AREAS; i++)
		free_percpu(areas[i]);
}

static void blkhang_freeze_queue(struct request_queue *queue)
{
	original_freeze_queue(queue);
	blkhang_alloc_while_frozen();
	barrier();
}

static int __init plant_init(void)
{
	int err = backing_gfp_restore();

	if (err)
		return err;
	err = redirect_install("blk_mq_freeze_queue_nomemsave", "blk_mq_freeze_queue", blkhang_freeze_queue);
	if (err)
		backing_gfp_leave();
	return err;
}
module_init(plant_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("blkhang planted bug: per-CPU allocation while a request queue is frozen "
		   "(7.3+: and IO under pcpu_alloc_mutex)");
MODULE_INFO(blkhang_expect, "hang");
