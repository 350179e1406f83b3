// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planted bug: the mistake of 2011. The task that submits the first bio of a cgroup on a device allocates per-CPU
 * statistics with GFP_KERNEL, in the submission path. If that bio is a page on its way to swap, written by a task that
 * reclaims inside pcpu_alloc(), then that task already owns pcpu_alloc_mutex.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "group_stats.h"
#include "redirect.h"

static bool may_sleep(const struct bio *bio)
{
	return preemptible() && !(bio->bi_opf & REQ_NOWAIT);
}

static bool blkhang_throtl_bio(struct bio *bio)
{
	if (may_sleep(bio)) {
		struct pair *first = pair_account(bio);

		if (first)
			pair_supply(first);
	}
	return original_throtl_bio(bio);
}

static int __init plant_init(void)
{
	pairs_init();
	return redirect_install();
}
module_init(plant_init);

MODULE_DESCRIPTION("blkhang planted bug: per-CPU allocation in the IO submission path");
MODULE_LICENSE("GPL");
