// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planted bug: the mistake of 2011. The task that submits the first bio of a cgroup on a device allocates per-CPU
 * statistics with GFP_KERNEL, in the submission path. If that bio is a page on its way to swap, written by a task that
 * reclaims inside pcpu_alloc(), then that task already owns pcpu_alloc_mutex.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "plant.h"

static bool may_sleep(const struct bio *bio)
{
	/* Without a preemption counter (5.10) preemptible() is always false. */
	bool atomic = IS_ENABLED(CONFIG_PREEMPT_COUNT) ? !preemptible() : in_interrupt() || irqs_disabled();

	return !atomic && !(bio->bi_opf & REQ_NOWAIT);
}

static bool blkhang_throtl_bio(struct bio *bio)
{
	if (may_sleep(bio)) {
		struct pair *first = pair_account(bio);

		if (first)
			pair_supply(first, bio);
	}
	return original_throtl_bio(bio);
}

MODULE_DESCRIPTION("blkhang planted bug: per-CPU allocation in the IO submission path "
		   "(7.3+: and IO under pcpu_alloc_mutex)");
MODULE_INFO(blkhang_expect, "hang");
