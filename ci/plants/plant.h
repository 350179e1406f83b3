/* SPDX-License-Identifier: GPL-2.0-only */
/* What every plant is made of, and how it gets into the kernel. The plant itself defines blkhang_throtl_bio(). */
#ifndef BLKHANG_PLANT_H
#define BLKHANG_PLANT_H

#include <linux/module.h>

#include "backing_gfp.h"
#include "group_stats.h"
#include "redirect.h"

static int __init plant_init(void)
{
	int err;

	pairs_init();
	err = backing_gfp_restore();
	if (err)
		return err;
	err = redirect_install();
	if (err)
		backing_gfp_leave();
	return err;
}
module_init(plant_init);

MODULE_LICENSE("GPL");

#endif
