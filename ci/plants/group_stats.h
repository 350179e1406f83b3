/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU IO statistics of a (cgroup, device) pair, allocated when the pair's first bio passes the throttle path: what
 * blk-throttle did in 2011 (Linux 3.0 to 3.4) and no longer does. A plant decides in which context the allocation
 * happens; everything else is shared and must itself be safe in a task that reclaims memory: no allocation but the one
 * that the plant is about, no sleeping lock.
 */
#ifndef BLKHANG_GROUP_STATS_H
#define BLKHANG_GROUP_STATS_H

#include <linux/bio.h>
#include <linux/blk-cgroup.h>
#include <linux/blkdev.h>
#include <linux/cgroup.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/version.h>

enum group_stat { STAT_BIOS, STAT_BYTES, STAT_SYNC_BIOS, STAT_SYNC_BYTES, STAT_META_BIOS, STAT_META_BYTES,
		  STAT_SWAP_BIOS, STAT_SWAP_BYTES, STAT_COUNT };

struct blkhang_group_stats {
	u64 direction[2][STAT_COUNT];	/* by op_is_write() */
};

struct pair {
	struct hlist_node hash;		/* in pairs_hash while in use, else in pairs_free */
	struct list_head wait;		/* for a plant that allocates later */
	struct cgroup_subsys_state *css;	/* referenced while in use */
	dev_t device;
	bool ready;
	struct blkhang_group_stats __percpu *stats;
};

/* More pairs than any profile has alive: 1,000 writers on two disks, and churn rings. */
#define PAIRS_MAX 4096
#define PAIRS_HASH_BITS 10

static struct pair pairs[PAIRS_MAX];
static struct hlist_head pairs_hash[1 << PAIRS_HASH_BITS];
static HLIST_HEAD(pairs_free);
static DEFINE_SPINLOCK(pairs_lock);

/*
 * Bytes written, apart from swap, that came by, and those of them that made it into some pair's statistics. Guarded by
 * pairs_lock, read without it.
 */
static ulong bytes_submitted;
module_param(bytes_submitted, ulong, 0444);
static ulong bytes_accounted;
module_param(bytes_accounted, ulong, 0444);

static struct cgroup_subsys_state *group_of(struct bio *bio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
	return bio->bi_blkg ? &bio->bi_blkg->blkcg->css : NULL;
#else
	return bio_blkcg_css(bio);
#endif
}

static dev_t device_of(const struct bio *bio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	return disk_devt(bio->bi_disk);
#else
	return disk_devt(bio->bi_bdev->bd_disk);
#endif
}

/* Before 5.18 a bio that was held back enters the throttle path again when its time has come. */
static bool comes_again(struct bio *bio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
	return bio_flagged(bio, BIO_THROTTLED);
#else
	return false;
#endif
}

static ulong bytes_written(const struct bio *bio)
{
	return op_is_write(bio_op(bio)) && !(bio->bi_opf & REQ_SWAP) ? bio->bi_iter.bi_size : 0;
}

static void __init pairs_init(void)
{
	int i;

	for (i = 0; i < PAIRS_MAX; i++) {
		INIT_LIST_HEAD(&pairs[i].wait);
		hlist_add_head(&pairs[i].hash, &pairs_free);
	}
}

static struct hlist_head *pair_bucket(const struct cgroup_subsys_state *css, dev_t device)
{
	return &pairs_hash[hash_64(css->serial_nr * 31 + device, PAIRS_HASH_BITS)];
}

/*
 * The allocation that this is all about. Has a frame of its own, so that the stack of a hang names it.
 */
static noinline struct blkhang_group_stats __percpu *blkhang_alloc_group_stats(void)
{
	struct blkhang_group_stats __percpu *stats;

	stats = alloc_percpu_gfp(struct blkhang_group_stats, GFP_KERNEL | __GFP_ZERO);
	/* A jump to the allocator would take the frame away. */
	barrier();
	return stats;
}

/* Needs pairs_lock. free_percpu() neither sleeps nor takes pcpu_alloc_mutex. */
static void pair_release(struct pair *pair)
{
	hlist_del(&pair->hash);
	free_percpu(pair->stats);
	css_put(pair->css);
	pair->stats = NULL;
	pair->css = NULL;
	pair->ready = false;
	hlist_add_head(&pair->hash, &pairs_free);
}

/*
 * Needs pairs_lock. Looks at a few pairs per call for those whose cgroup was removed, so that the statistics of dead
 * cgroups do not eat the guest's memory, and nobody has to walk the whole table.
 */
static void pairs_sweep(void)
{
	static unsigned int next;
	int i;

	for (i = 0; i < 16; i++) {
		struct pair *pair = &pairs[next++ % PAIRS_MAX];

		if (pair->ready && (pair->css->flags & CSS_DYING))
			pair_release(pair);
	}
}

/* Needs pairs_lock. Counts the bio if the pair has its statistics already. */
static void pair_count(struct pair *pair, const struct bio *bio)
{
	unsigned int bytes = bio->bi_iter.bi_size;
	u64 *stat;

	if (!pair->stats)
		return;
	stat = this_cpu_ptr(pair->stats)->direction[op_is_write(bio_op(bio))];
	stat[STAT_BIOS]++;
	stat[STAT_BYTES] += bytes;
	if (bio->bi_opf & REQ_SYNC) {
		stat[STAT_SYNC_BIOS]++;
		stat[STAT_SYNC_BYTES] += bytes;
	}
	if (bio->bi_opf & REQ_META) {
		stat[STAT_META_BIOS]++;
		stat[STAT_META_BYTES] += bytes;
	}
	if (bio->bi_opf & REQ_SWAP) {
		stat[STAT_SWAP_BIOS]++;
		stat[STAT_SWAP_BYTES] += bytes;
	}
	bytes_accounted += bytes_written(bio);
}

/*
 * Counts the bio. If it is the first one of its pair, returns the new pair: the caller must see to it that
 * pair_supply() is called once, in whatever context. Later bios of the pair get NULL, also while that is pending, and
 * are not counted until then.
 */
static struct pair *pair_account(struct bio *bio)
{
	struct cgroup_subsys_state *css = group_of(bio);
	dev_t device = device_of(bio);
	struct pair *pair, *first = NULL;
	struct hlist_head *bucket;
	unsigned long flags;

	if (!css || comes_again(bio))
		return NULL;
	spin_lock_irqsave(&pairs_lock, flags);
	bytes_submitted += bytes_written(bio);
	bucket = pair_bucket(css, device);
	hlist_for_each_entry(pair, bucket, hash) {
		if (pair->css == css && pair->device == device) {
			pair_count(pair, bio);
			goto out;
		}
	}
	pairs_sweep();
	if (hlist_empty(&pairs_free)) {
		pr_warn_once("more than %d pairs, the rest gets no statistics\n", PAIRS_MAX);
		goto out;
	}
	if (!css_tryget(css))
		goto out;
	first = hlist_entry(pairs_free.first, struct pair, hash);
	hlist_del(&first->hash);
	first->css = css;
	first->device = device;
	hlist_add_head(&first->hash, bucket);
out:
	spin_unlock_irqrestore(&pairs_lock, flags);
	return first;
}

/*
 * Allocates the statistics of a pair, and counts its first bio if that is still at hand; may sleep, reclaim and wait for
 * pcpu_alloc_mutex. If that fails, the pair's next bio is its first one again.
 */
static void pair_supply(struct pair *pair, const struct bio *first)
{
	struct blkhang_group_stats __percpu *stats = blkhang_alloc_group_stats();
	unsigned long flags;

	spin_lock_irqsave(&pairs_lock, flags);
	pair->stats = stats;
	pair->ready = true;
	if (first)
		pair_count(pair, first);
	if (!stats)
		pair_release(pair);
	spin_unlock_irqrestore(&pairs_lock, flags);
}

#endif
