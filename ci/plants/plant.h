/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a plant in the throttle path is made of, and how it gets into the kernel. The plant itself defines
 * blkhang_throtl_bio(), which takes the place of __blk_throtl_bio() (blk_throtl_bio() before 5.16).
 */
#ifndef BLKHANG_PLANT_H
#define BLKHANG_PLANT_H

#include <linux/module.h>

#include "backing_gfp.h"
#include "group_stats.h"
#include "redirect.h"

static bool blkhang_throtl_bio(struct bio *bio);

static bool original_throtl_bio(struct bio *bio)
{
	bool throttled = ((bool (*)(struct bio *))behind_entry)(bio);

	/* This must not become a jump. */
	barrier();
	return throttled;
}

static int __init plant_init(void)
{
	int err;

	pairs_init();
	err = backing_gfp_restore();
	if (err)
		return err;
	err = redirect_install("__blk_throtl_bio", "blk_throtl_bio", blkhang_throtl_bio);
	if (err)
		backing_gfp_leave();
	return err;
}
module_init(plant_init);

MODULE_LICENSE("GPL");

#endif
