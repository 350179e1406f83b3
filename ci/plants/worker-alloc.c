// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planted control: the fix of 2011 (1cd9e039fc25). Statistics are allocated with GFP_KERNEL as in sync-alloc, but by a
 * worker: the submitting task never waits for pcpu_alloc_mutex, whoever owns it. Nothing may hang. The price: what a cgroup
 * submits before the worker has come round is not in its statistics.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/workqueue.h>

#include "plant.h"

static LIST_HEAD(waiting);
static DEFINE_SPINLOCK(waiting_lock);

static struct pair *next_waiting(void)
{
	struct pair *pair;

	spin_lock_irq(&waiting_lock);
	pair = list_first_entry_or_null(&waiting, struct pair, wait);
	if (pair)
		list_del_init(&pair->wait);
	spin_unlock_irq(&waiting_lock);
	return pair;
}

static void supply_waiting(struct work_struct *work)
{
	struct pair *pair;

	while ((pair = next_waiting()))
		pair_supply(pair, NULL);
}
static DECLARE_WORK(supply_work, supply_waiting);

static bool blkhang_throtl_bio(struct bio *bio)
{
	struct pair *first = pair_account(bio);

	if (first) {
		unsigned long flags;

		spin_lock_irqsave(&waiting_lock, flags);
		list_add_tail(&first->wait, &waiting);
		spin_unlock_irqrestore(&waiting_lock, flags);
		schedule_work(&supply_work);
	}
	return original_throtl_bio(bio);
}

MODULE_DESCRIPTION("blkhang planted control: the allocation of sync-alloc moved to a worker "
		   "(7.3+: and IO under pcpu_alloc_mutex)");
MODULE_INFO(blkhang_expect, "clean");
